#pragma once
#include <vector>

#include "integrad/autograd/channel_mapping.h"
#include "integrad/autograd/ops/batch_norm.h"

namespace integrad {

/// What batch normalisation knows of each channel, between its pass over the data forward and the
/// two backward; in double, rounded to T where the loops over the data read it.
///   y = gamma r (x - mean) + beta,  r = 1 / sqrt(variance + epsilon)
template <class T>
class Normalizer {
 public:
  Normalizer(std::vector<double> mean, const std::vector<double>& variance, double epsilon,
             const Tensor<T>& gamma);

  ChannelMapping<T> map(const Tensor<T>& beta, bool relu) const;

  /// The gradient through the batch's own statistics, from the sums [2][channels] over `rows`
  /// values of d and of d x: d_x = x slope + (d scale + offset), which is gamma r
  /// (d - mean(d) - xhat mean(d xhat)).
  struct Line {
    std::vector<T> slope, offset;
  };
  Line gradient_line(const std::vector<double>& sums, Index rows) const;
  /// From the same sums, to the parameters that want it.
  void accumulate(Tape<T>& tape, Var gamma, Var beta, const std::vector<double>& sums) const;

 private:
  /// The sum of d (x - mean).
  double product(const std::vector<double>& sums, std::size_t c) const {
    return sums[slope_.size() + c] - mean_[c] * sums[c];
  }

  std::vector<double> mean_, inverse_, slope_;  // mean, r, gamma r
};

/// Checks what every batch normalisation needs of x's shape, which it returns the channels of.
template <class T>
Index check_batch_norm(const Tape<T>& tape, const Shape& x, Var gamma, Var beta,
                       const BatchNormState<T>& running, const BatchNormOptions& options);
/// Training's own rule.
void check_batch_rows(const Shape& x);

/// running = (1 - momentum) running + momentum * these, the variance made unbiased.
template <class T>
void update_running(BatchNormState<T>& running, const std::vector<double>& mean,
                    const std::vector<double>& variance, Index rows, double momentum);

}  // namespace integrad
