#pragma once
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "integrad/train/safetensors.h"

namespace integrad {

/// A parameter and its gradient, of one shape.
struct OptimizedTensor {
  std::string name;
  Tensor<float>* value;
  const Tensor<float>* gradient;
  bool decays = true;  // false: weight decay leaves it alone (biases, normalisation)
};

/// Stochastic gradient descent in PyTorch's convention:
///   g += weight_decay w;  b = momentum b + g (b = g at the first step);  w -= rate b,
/// or with Nesterov's momentum w -= rate (g + momentum b).
struct Sgd {
  double momentum = 0.9, weight_decay = 0;
  bool nesterov = false;
};

/// Adam (Kingma & Ba, ICLR 2015): m, v are running means of g and g^2, corrected for their start at
/// 0;
///   w -= rate m' / (sqrt(v') + epsilon).
/// Weight decay is added to the gradient or, `decoupled`, taken off the weight: w -= rate decay w
/// (AdamW; Loshchilov & Hutter, ICLR 2019).
struct Adam {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  bool decoupled = false;

  static Adam w(double weight_decay = 0.01) {
    return {.weight_decay = weight_decay, .decoupled = true};
  }
};

using OptimizerRule = std::variant<Sgd, Adam>;

/// What an optimizer remembers; a checkpoint holds it. Tensors are named `<parameter>.momentum`
/// (Sgd),
/// `<parameter>.first_moment` and `<parameter>.second_moment` (Adam).
struct OptimizerState {
  Index steps = 0;
  std::vector<NamedTensor> tensors;
};

/// Element-wise in float32 with a fixed order of operations: the same bits on every machine.
class Optimizer {
 public:
  /// Throws Error for momenta or betas outside [0,1), a negative decay or an epsilon not above 0.
  explicit Optimizer(OptimizerRule rule);

  /// One update. The parameters are the same ones, in the same order, at every step. Throws Error
  /// naming the tensor when a gradient's shape is not its value's or the state does not belong to
  /// it.
  void step(std::span<const OptimizedTensor> parameters, double learning_rate);

  const OptimizerRule& rule() const { return rule_; }
  const OptimizerState& state() const { return state_; }
  /// Continues from a checkpoint; step() checks that it fits.
  void restore(OptimizerState state) { state_ = std::move(state); }

 private:
  OptimizerRule rule_;
  OptimizerState state_;
};

}  // namespace integrad
