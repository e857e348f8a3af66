#pragma once
#include "integrad/quant/code_map.h"

namespace integrad {

/// Of a loss by the bounds of the range that a layer's codes cover.
struct RangeGradient {
  double low = 0, high = 0;
};

/// How far rounding moved the results of a layer, and what that and saturation say of its range:
/// learned step sizes (LSQ; Esser et al., ICLR 2020) for a range of two bounds. A code q stands for
/// low + s (q + 128) with s = (high - low) / 255, so by the straight-through estimator the result
/// moves by
///   1 with `high` where the code is saturated at 127, 1 with `low` where at -128,
///   (q - u) / 255 with `high` and minus that with `low` elsewhere, u the result in steps before
///   rounding, and not at all where an activation stopped it.
class RoundingErrors {
 public:
  RoundingErrors(const Shape& shape, Activation activation);

  /// One line of results: steps(i) is value i before rounding, in codes.
  template <class Steps>
  void line(Index line, const std::int8_t* codes, Steps steps) {
    std::int8_t* const into = errors_.data() + line * lines_.size();
    for (Index i = 0; i < lines_.size(); ++i) {
      const float error = (static_cast<float>(codes[i]) - steps(i)) * kUnits;
      const float bounded = error < -127.0f ? -127.0f : error > 127.0f ? 127.0f : error;
      into[i] = static_cast<std::int8_t>(bounded + (bounded < 0 ? -0.5f : 0.5f));
    }
  }

  /// By the cotangent of the results before it is stopped anywhere; `passes` as from the forward
  /// pass (none: nothing saturates).
  RangeGradient gradient(const Tensor<float>& cotangent, const CodeMap& map,
                         const Passes& passes) const;

 private:
  static constexpr float kUnits = 254;  // of a step

  kernels::Lines lines_;
  bool activated_;
  Tensor<std::int8_t> errors_;
};

}  // namespace integrad
