#include "integrad/quant/multiplier.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>

#include "integrad/tensor/error.h"

namespace integrad {
namespace {

constexpr std::int32_t kLargestShift = 30;  // what integrad_rescale accepts

void require_scales(std::initializer_list<float> scales) {
  for (const float scale : scales)
    require(std::isfinite(scale) && scale > 0, "a scale must be positive and finite; got ", scale);
}

integrad_scale checked(double real) {
  const integrad_scale scale = quantize_multiplier(real);
  require(scale.shift <= kLargestShift, "the ratio of input to output scales must be below 2^",
          kLargestShift, "; got ", real);
  return scale;
}

/// Codes up to this distance keep their scaled value within `integer_bits` integer bits:
/// floor((2^bits - 1) * 2^(31 - bits) / 2^left_shift). TFLM: CalculateInputRadius.
std::int32_t input_radius(int integer_bits, std::int32_t left_shift) {
  const double largest = std::ldexp((1 << integer_bits) - 1, 31 - integer_bits);
  return static_cast<std::int32_t>(std::floor(std::ldexp(largest, -left_shift)));
}

/// The upper 16 bits of a multiplier, rounded: multiplier * 2^(shift - 15).
/// TFLM: DownScaleInt32ToInt16Multiplier.
integrad_scale upper_half(integrad_scale scale) {
  const std::int64_t rounded = (std::int64_t{scale.multiplier} + (1 << 15)) >> 16;
  return {static_cast<std::int32_t>(std::min<std::int64_t>(rounded, INT16_MAX)), scale.shift};
}

}  // namespace

integrad_scale quantize_multiplier(double real, integrad_rounding rounding) {
  require(std::isfinite(real) && real >= 0, "a multiplier must be finite and not negative; got ",
          real);
  if (real == 0) return {0, 0};
  int shift = 0;
  const double fraction = std::frexp(real, &shift);  // exact: real = fraction * 2^shift
  // In [2^30, 2^31]; std::round is half away from zero, and exact.
  auto mantissa = static_cast<std::int64_t>(std::round(std::ldexp(fraction, 31)));
  if (mantissa == std::int64_t{1} << 31) {
    mantissa /= 2;
    ++shift;
  }
  if (shift < -31) return {0, 0};
  if (rounding == INTEGRAD_ROUNDING_SINGLE && shift > kLargestShift)
    return {INT32_MAX, kLargestShift};
  return {static_cast<std::int32_t>(mantissa), shift};
}

integrad_scale conv_scale(float input, float weight, float output) {
  require_scales({input, weight, output});
  return checked(static_cast<double>(input) * static_cast<double>(weight) /
                 static_cast<double>(output));
}

integrad_scale fully_connected_scale(float input, float weight, float output) {
  require_scales({input, weight, output});
  const float product = input * weight;
  require(std::isfinite(product), "the product of scales ", input, " and ", weight,
          " exceeds float32");
  return checked(static_cast<double>(product) / static_cast<double>(output));
}

integrad_scale multiply_scale(float input1, float input2, float output) {
  return conv_scale(input1, input2, output);
}

integrad_scale requantize_scale(float input, float output) {
  require_scales({input, output});
  return checked(static_cast<double>(input) / static_cast<double>(output));
}

AddScales add_scales(float input1, float input2, float output, int left_shift) {
  require_scales({input1, input2, output});
  const double common = 2 * static_cast<double>(std::max(input1, input2));
  return {checked(input1 / common), checked(input2 / common),
          checked(common / (std::ldexp(1, left_shift) * static_cast<double>(output)))};
}

SoftmaxScale softmax_scale(double beta, float input, integrad_rounding rounding) {
  require_scales({input});
  require(std::isfinite(beta) && beta > 0, "beta must be positive and finite; got ", beta);
  constexpr int kIntegerBits = 5;
  const double limit = rounding == INTEGRAD_ROUNDING_DOUBLE ? 2147483647.0 : 1073741823.0;
  const double real = beta * static_cast<double>(input) * std::ldexp(1, 31 - kIntegerBits);
  require(real > 1, "beta times the input's scale must be above 2^-26; got ", real / 67108864.0);
  const integrad_scale scale = quantize_multiplier(std::min(real, limit), rounding);
  return {scale, -input_radius(kIntegerBits, scale.shift)};
}

HardSwishScale hard_swish_scale(float input, float output) {
  require_scales({input, output});
  const float widened = input / 128.0f, three = 3.0f / 32768.0f;
  const HardSwishScale scale{
      upper_half(quantize_multiplier(static_cast<double>(widened / three))),
      upper_half(quantize_multiplier(static_cast<double>(widened / output)))};
  // Shifts of 16 bits and more would leave 16-bit numbers.
  require(scale.output.shift >= -15 && scale.output.shift <= 0,
          "hard swish needs an input scale of 2^-9 to 2^7 output scales; got ", input, " and ",
          output);
  require(scale.ramp.shift >= -15 && scale.ramp.shift <= kLargestShift,
          "hard swish's input scale must be in [1.5 * 2^-23, 1.5 * 2^23); got ", input);
  return scale;
}

LogisticScale logistic_scale(float input, integrad_rounding rounding) {
  require_scales({input});
  constexpr int kIntegerBits = 4;
  const double real = std::ldexp(static_cast<double>(input), 31 - kIntegerBits);
  const integrad_scale scale = quantize_multiplier(real, rounding);
  require(scale.shift >= 0 && scale.shift <= kLargestShift,
          "the logistic function's input scale must be in [2^-28, 8); got ", input);
  return {scale, input_radius(kIntegerBits, scale.shift)};
}

}  // namespace integrad
