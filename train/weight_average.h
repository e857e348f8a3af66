#pragma once
#include <vector>

#include "integrad/nn/parameters.h"
#include "integrad/train/safetensors.h"

namespace integrad {

/// A running mean of all parameters over a run's steps, running statistics included: it lies in the
/// middle of the valley along whose sides single steps jump (Polyak & Juditsky, SIAM J. Control
/// Optim. 1992). After step t, counted from 1,
///   average += (1 - d) (parameter - average),  d = min(decay, t / (9 + t)),
/// so that early on, when parameters still move fast, few steps count. Element-wise in float32.
class WeightAverage {
 public:
  /// 0 keeps no average. Throws Error for a decay outside [0,1).
  explicit WeightAverage(double decay);

  bool kept() const { return decay_ > 0; }
  /// Takes the parameters after step `step` in; the first call makes them the average.
  void add(const Parameters<float>& parameters, Index step);
  /// The average; the parameters themselves where none is kept or no step was taken.
  Parameters<float> of(const Parameters<float>& parameters) const;

  /// A tensor per parameter under its name, or none. A checkpoint holds them.
  const std::vector<NamedTensor>& state() const { return state_; }
  /// Continues from a checkpoint; add() and of() throw Error when it is not these parameters'.
  void restore(std::vector<NamedTensor> state) { state_ = std::move(state); }

 private:
  /// The stored average of parameter number `i`.
  const Tensor<float>& stored(std::size_t i, const Parameters<float>& parameters) const;

  double decay_;
  std::vector<NamedTensor> state_;
};

}  // namespace integrad
