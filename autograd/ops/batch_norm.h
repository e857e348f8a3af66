#pragma once
#include "integrad/autograd/tape.h"

namespace integrad {

struct BatchNormOptions {
  double epsilon = 1e-5;  ///< added to the variance
  double momentum = 0.1;  ///< running = (1 - momentum) running + momentum * this batch's
};

/// Running statistics, one value per channel; they start at mean 0 and variance 1.
template <class T>
struct BatchNormState {
  BatchNormState() = default;
  explicit BatchNormState(Index channels)
      : mean(Shape{channels}, T(0)), variance(Shape{channels}, T(1)) {}

  Tensor<T> mean, variance;  // [c] each
};

/// Batch normalisation in training (Ioffe & Szegedy 2015): x [...,c], gamma [c], beta [c] ->
/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta, with the batch's own mean and biased
/// variance over all extents but the last. `running` is updated now, with the mean and the unbiased
/// variance. The gradient goes through the statistics too. Throws Error when the shapes do not fit
/// or a channel has fewer than two values.
template <class T>
Var batch_norm(Tape<T>& tape, Var x, Var gamma, Var beta, BatchNormState<T>& running,
               const BatchNormOptions& options = {});

/// The same with the running statistics, which count as constants: evaluation, and training with
/// frozen statistics. Gradients flow to x, gamma and beta. Throws Error when the shapes do not fit.
template <class T>
Var batch_norm_frozen(Tape<T>& tape, Var x, Var gamma, Var beta, const BatchNormState<T>& running,
                      const BatchNormOptions& options = {});

}  // namespace integrad
