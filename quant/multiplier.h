#pragma once
#include <cstdint>

#include "integrad/quant/c/arith.h"

/// From real scales to the integers of quant/c: how each operator's multiplier follows from its
/// operands' scales. The scales are the float32 numbers that the model file stores, never wider
/// intermediates, and each product is taken in the precision of the libraries that we match, so
/// that a model gives the same integers wherever it is prepared.
namespace integrad {

/// `real` >= 0 as multiplier * 2^(shift - 31) with multiplier in [2^30, 2^31) or 0: the 31-bit
/// mantissa rounded half away from zero; below 2^-32 the result is 0. With single rounding a shift
/// above 30 saturates at (2^31 - 1, 30). Throws Error for a negative number, infinity or NaN, or
/// one whose shift does not fit in 32 bits. TFLM: QuantizeMultiplier.
integrad_scale quantize_multiplier(double real,
                                   integrad_rounding rounding = INTEGRAD_ROUNDING_DOUBLE);

/// s_in * s_weight / s_out in double: convolution, depthwise and transposed convolution, and the
/// fully connected layer with a scale per channel. This and the following throw Error unless every
/// scale is positive and finite and the result's shift is at most 30.
/// TFLM: PopulateConvolutionQuantizationParams.
integrad_scale conv_scale(float input, float weight, float output);

/// The fully connected layer with one scale: the product is rounded to float32 before the division,
/// which changes the last bits. TFLM: GetQuantizedConvolutionMultipler.
integrad_scale fully_connected_scale(float input, float weight, float output);

/// s1 * s2 / s_out in double. TFLM: Mul.
integrad_scale multiply_scale(float input1, float input2, float output);

/// s_in / s_out in double. TFLM: Requantize, Relu.
integrad_scale requantize_scale(float input, float output);

/// What integrad_add (and a subtraction) needs: with s = 2 max(s1, s2), s1 / s, s2 / s and s /
/// (2^left_shift s_out).
struct AddScales {
  integrad_scale input1, input2, output;
};
inline constexpr int kAddLeftShift = 20;
/// TFLM: Add, CalculateOpDataAdd; Sub, CalculateOpDataSub.
AddScales add_scales(float input1, float input2, float output, int left_shift = kAddLeftShift);

/// What integrad_softmax needs, for softmax of beta * x.
struct SoftmaxScale {
  integrad_scale scale;              // multiplier and left shift: beta * s_in * 2^26, saturated
  std::int32_t smallest_difference;  // below it the exponential counts as 0
};
/// Throws Error when beta * s_in * 2^26 is not above 1. TFLM: PreprocessSoftmaxScaling,
/// CalculateInputRadius.
SoftmaxScale softmax_scale(double beta, float input,
                           integrad_rounding rounding = INTEGRAD_ROUNDING_DOUBLE);

/// What integrad_hard_swish needs; 16-bit multipliers.
struct HardSwishScale {
  integrad_scale ramp, output;
};
/// The quotients in float32, the multipliers' upper 16 bits. Throws Error unless s_in / s_out is in
/// [2^-9, 2^7) and s_in in [1.5 * 2^-23, 1.5 * 2^23). TFLM: HardSwishPrepare.
HardSwishScale hard_swish_scale(float input, float output);

/// What integrad_logistic needs.
struct LogisticScale {
  integrad_scale scale;  // s_in * 2^27
  std::int32_t radius;   // |code - zero_point| from which the result is 0 or 1
};
/// TFLM: CalculateArithmeticOpData of the logistic operator.
LogisticScale logistic_scale(float input, integrad_rounding rounding = INTEGRAD_ROUNDING_DOUBLE);

}  // namespace integrad
