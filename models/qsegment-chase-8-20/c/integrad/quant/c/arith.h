/* The integer arithmetic of this library: the only definition of how a 32-bit sum becomes an 8-bit
 * code again. The trainer, the integer runner and every emitted program compile this very text.
 * Where vector or DSP instructions reach the same codes in another way, that way is derived from
 * this one and tested against it. A subset of C99 and C++20, without undefined behaviour or calls.
 *
 * A real number r is stored as a code q with r = scale * (q - zero_point). A sum of products of two
 * such numbers has scale s_in * s_weight; to store it with the output's scale it is multiplied by
 * s_in * s_weight / s_out, a real number below or around 1 that a microcontroller writes as
 *
 *     multiplier * 2^(shift - 31),   multiplier in [2^30, 2^31 - 1] or 0,  shift in [-31, 30].
 *
 * The results equal those of Arm CMSIS-NN and of the TensorFlow Lite Micro reference kernels, byte
 * for byte; where a function restates one of theirs, its comment names it. */
#ifndef INTEGRAD_QUANT_C_ARITH_H
#define INTEGRAD_QUANT_C_ARITH_H
#include <stdint.h>

/* Two habits of every compiler for our targets that C99 leaves to the implementation (C++20 does
 * not): >> of a negative number rounds down, and conversion to int32_t drops the upper bits. An
 * array of negative size stops the compilation where they do not hold. */
typedef char integrad_needs_arithmetic_shift[(-3 >> 1) == -2 ? 1 : -1];
typedef char integrad_needs_modular_conversion[(int32_t)UINT32_MAX == -1 ? 1 : -1];

/* The real number multiplier * 2^(shift - 31). */
typedef struct {
  int32_t multiplier;
  int32_t shift; /* above 0 shifts left, below 0 right */
} integrad_scale;

/* Both libraries can be built to rescale in either way; "bit-exact" always names which. */
typedef enum {
  INTEGRAD_ROUNDING_DOUBLE, /* their default: round the product, then round the shift */
  INTEGRAD_ROUNDING_SINGLE  /* their build option: round once */
} integrad_rounding;

static inline int32_t integrad_clamp(int32_t value, int32_t low, int32_t high) {
  return value < low ? low : value > high ? high : value;
}

/* value modulo 2^32, as a signed number: what a 32-bit register keeps. */
static inline int32_t integrad_wrap32(int64_t value) {
  return (int32_t)(uint32_t)((uint64_t)value & UINT32_MAX);
}

/* a + b in a 32-bit register. */
static inline int32_t integrad_wrapping_add(int32_t a, int32_t b) {
  return integrad_wrap32((int64_t)a + b);
}

/* The nearest number that 32 bits can hold. */
static inline int32_t integrad_saturate32(int64_t value) {
  return value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

/* value * 2^bits, saturated; bits in [0, 31]. gemmlowp: SaturatingRoundingMultiplyByPOT. */
static inline int32_t integrad_saturating_shift_left(int32_t value, int32_t bits) {
  return integrad_saturate32(value * ((int64_t)1 << bits));
}

/* floor(a * b / 2^31 + 1/2) where it fits 32 bits: always, except for -2^31 * -2^31. */
static inline int32_t integrad_multiply_fraction(int32_t a, int32_t b) {
  return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/* floor(a * b / 2^31 + 1/2): the product of two numbers in [-1, 1) with 31 fractional bits, ties
 * toward plus infinity. Only -1 * -1 leaves the range, and saturates.
 * gemmlowp: SaturatingRoundingDoublingHighMul; CMSIS-NN: arm_nn_doubling_high_mult. */
static inline int32_t integrad_multiply_high(int32_t a, int32_t b) {
  return a == INT32_MIN && b == INT32_MIN ? INT32_MAX : integrad_multiply_fraction(a, b);
}

/* value / 2^bits to the nearest integer, ties away from zero; bits in [0, 31]. The magnitude is
 * rounded, half up, and gets its sign back: sign is 0 or -1, and (n ^ -1) + 1 = -n. Unsigned, as
 * the largest magnitude and half, 2^31 + 2^30, fit 32 bits only so; no branch, no 64-bit numbers.
 * gemmlowp: RoundingDivideByPOT; CMSIS-NN: arm_nn_divide_by_power_of_two. */
static inline int32_t integrad_rounding_shift_right(int32_t value, int32_t bits) {
  uint32_t sign = (uint32_t)(value >> 31);
  uint32_t half = ((uint32_t)1 << bits) >> 1;
  uint32_t magnitude = (((uint32_t)value ^ sign) - sign + half) >> bits;
  return (int32_t)((magnitude ^ sign) - sign);
}

/* value * scale in two roundings: the product is rounded (ties up), then the right shift (ties away
 * from zero). A left shift happens first, in a 32-bit register.
 * TFLM: MultiplyByQuantizedMultiplier; CMSIS-NN: arm_nn_requantize. */
static inline int32_t integrad_rescale_double(int32_t value, integrad_scale scale) {
  int32_t left = scale.shift > 0 ? scale.shift : 0;
  int32_t right = scale.shift > 0 ? 0 : -scale.shift;
  int32_t shifted = (int32_t)((uint32_t)value << left);
  return integrad_rounding_shift_right(integrad_multiply_fraction(shifted, scale.multiplier),
                                       right);
}

/* floor(value * scale + 1/2): one rounding, ties up. Needs 64-bit intermediates throughout.
 * TFLM with TFLITE_SINGLE_ROUNDING; CMSIS-NN with CMSIS_NN_USE_SINGLE_ROUNDING. */
static inline int32_t integrad_rescale_single(int32_t value, integrad_scale scale) {
  int32_t bits = 31 - scale.shift; /* 1 .. 62 */
  int64_t half = (int64_t)1 << (bits - 1);
  return integrad_wrap32(((int64_t)value * scale.multiplier + half) >> bits);
}

/* value * scale, in the rounding asked for. */
static inline int32_t integrad_rescale(int32_t value, integrad_scale scale,
                                       integrad_rounding rounding) {
  return rounding == INTEGRAD_ROUNDING_DOUBLE ? integrad_rescale_double(value, scale)
                                              : integrad_rescale_single(value, scale);
}

/* The code of an accumulated sum before it is clamped: value * scale + zero_point. The trainer
 * compares it with the clamp's bounds to know which outputs pass their gradient on. */
static inline int32_t integrad_requantize_unclamped(int32_t value, integrad_scale scale,
                                                    integrad_rounding rounding,
                                                    int32_t zero_point) {
  return integrad_wrapping_add(integrad_rescale(value, scale, rounding), zero_point);
}

/* The 8-bit code of an accumulated sum; -128 <= low <= high <= 127. An activation is this clamp:
 * ReLU has low = zero_point. */
static inline int8_t integrad_requantize(int32_t value, integrad_scale scale,
                                         integrad_rounding rounding, int32_t zero_point,
                                         int32_t low, int32_t high) {
  return (int8_t)integrad_clamp(integrad_requantize_unclamped(value, scale, rounding, zero_point),
                                low, high);
}

/* sum / count to the nearest integer, ties away from zero; count > 0. C's division drops the
 * fraction, so half the count is added first, on the sum's side of zero.
 * TFLM: reference_integer_ops::AveragePool; CMSIS-NN: arm_avgpool_s8. */
static inline int32_t integrad_rounded_average(int32_t sum, int32_t count) {
  /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): a window meets the image */
  return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

#endif
