#pragma once
#include <algorithm>
#include <vector>

#include "../support/kernel_cases.h"
#include "integrad/quant/c/elementwise.h"
#include "integrad/quant/multiplier.h"

namespace integrad::testing {

inline std::vector<std::int8_t> random_codes(Draw& draw, Index count) {
  std::vector<std::int8_t> codes(static_cast<std::size_t>(count));
  // Some draws are all extremes: they reach the largest sums.
  const bool extreme = draw.below(4) == 0;
  for (std::int8_t& code : codes)
    code = static_cast<std::int8_t>(extreme ? (draw.below(2) == 0 ? -128 : 127)
                                            : draw.below(256) - 128);
  return codes;
}

inline std::vector<std::int8_t> random_weights(Draw& draw, Index count) {
  std::vector<std::int8_t> weights = random_codes(draw, count);
  for (std::int8_t& w : weights) w = std::max<std::int8_t>(w, -127);
  return weights;
}

inline std::int32_t random_zero_point(Draw& draw) {
  constexpr std::int32_t kPoints[] = {-128, 0, 127, -1, 37};
  return kPoints[draw.below(5)];
}

/// How the scales of a random output stage lie.
enum class Scales {
  usual,    ///< right shifts of 1 .. 12
  extreme,  ///< any shift, any multiplier
};

/// An output stage for `channels` channels, in any rounding and with any clamp.
struct RandomStage {
  RandomStage(Draw& draw, Index channels, Scales kind) {
    const bool per_channel = draw.below(4) != 0;
    for (Index c = 0; c < (per_channel ? channels : 1); ++c) {
      const std::int32_t fraction = draw.below(1 << 30);
      const bool any = kind == Scales::extreme && draw.below(3) == 0;
      scales.push_back({any && draw.below(3) == 0 ? 0 : (1 << 30) + fraction,
                        any ? draw.below(62) - 31 : -1 - draw.below(12)});
    }
    const std::int32_t zero_point = random_zero_point(draw);
    const std::int32_t clamp = draw.below(3);
    const std::int32_t low = clamp == 0 ? -128 : clamp == 1 ? zero_point : draw.below(100) - 100;
    const std::int32_t high = std::max(low, draw.below(2) == 0 ? 127 : draw.below(120));
    stage = {nullptr,    per_channel ? 1 : 0,
             zero_point, low,
             high,       draw.below(2) == 0 ? INTEGRAD_ROUNDING_DOUBLE : INTEGRAD_ROUNDING_SINGLE};
  }
  integrad_output_stage bound() const {
    integrad_output_stage result = stage;
    result.scales = scales.data();
    return result;
  }
  std::vector<integrad_scale> scales;
  integrad_output_stage stage;
};

/// A sum of two tensors, in any rounding and with any clamp; `output` is its scale.
inline integrad_add random_add(Draw& draw, float first, float second, float output) {
  const AddScales scales = add_scales(first, second, output);
  const std::int32_t zero_point = random_zero_point(draw);
  return {random_zero_point(draw),
          random_zero_point(draw),
          scales.input1,
          scales.input2,
          scales.output,
          kAddLeftShift,
          zero_point,
          draw.below(2) == 0 ? -128 : zero_point,
          127,
          draw.below(2) == 0 ? INTEGRAD_ROUNDING_DOUBLE : INTEGRAD_ROUNDING_SINGLE};
}

/// Every pair of codes, and up to 64 pairs more, for a remainder.
struct CodePairs {
  explicit CodePairs(Draw& draw) {
    for (int pair = 0, count = 65536 + draw.below(65); pair < count; ++pair) {
      first.push_back(static_cast<std::int8_t>(pair & 255));
      second.push_back(static_cast<std::int8_t>(pair >> 8 & 255));
    }
  }
  Index count() const { return static_cast<Index>(first.size()); }
  std::vector<std::int8_t> first, second;
};

/// Codes with a guard behind them, so that writing past the end shows.
template <class T = std::int8_t>
class GuardedCodes {
 public:
  explicit GuardedCodes(Index size)
      : values_(static_cast<std::size_t>(size + kGuard), kMark), size_(size) {}
  T* data() { return values_.data(); }
  bool holds(const std::vector<T>& expected) const {
    for (Index i = 0; i < size_ + kGuard; ++i) {
      const T got = values_[static_cast<std::size_t>(i)];
      const T wanted = i < size_ ? expected[static_cast<std::size_t>(i)] : kMark;
      if (got == wanted) continue;
      MESSAGE("element ", i, " of ", size_, " is ", static_cast<int>(got), ", not ",
              static_cast<int>(wanted));
      return false;
    }
    return true;
  }

 private:
  static constexpr Index kGuard = 80;
  static constexpr T kMark = 85;
  std::vector<T> values_;
  Index size_;
};

inline integrad_dims dims(Index height, Index width, Index channels) {
  return {static_cast<std::int32_t>(height), static_cast<std::int32_t>(width),
          static_cast<std::int32_t>(channels)};
}
inline Index elements(integrad_dims d) {
  return Index{d.height} * d.width * d.channels;
}

}  // namespace integrad::testing
