/* x relu6(x + 3) / 6 on codes, in 16-bit fixed point. Nothing here depends on the choice of
 * rounding. */
#ifndef INTEGRAD_QUANT_C_HARD_SWISH_H
#define INTEGRAD_QUANT_C_HARD_SWISH_H
#include "arith.h"

typedef struct {
  int32_t input_zero_point;
  /* Both as multiplier * 2^(shift - 15), multiplier in [2^14, 2^15), shift at least -15. The input
   * has scale s_in / 128 here, which leaves its 9 bits the upper ones of 16. */
  integrad_scale ramp;   /* s_in / 128 / (3 / 2^15): x = 3 becomes 2^15 */
  integrad_scale output; /* s_in / 128 / s_out; shift at most 0 */
  int32_t zero_point;    /* of the output */
} integrad_hard_swish;

/* a * b / 2^15 to the nearest integer, ties away from zero but for negative ones, which C's
 * division then rounds up. gemmlowp: SaturatingRoundingDoublingHighMul for 16 bits; b is above 0
 * here, so that nothing saturates. */
static inline int32_t integrad_multiply_high16(int32_t a, int32_t b) {
  const int32_t product = a * b;
  const int32_t half = (int32_t)1 << 14;
  return (product + (product >= 0 ? half : 1 - half)) / ((int32_t)1 << 15);
}

/* value * 2^bits, saturated to 16 bits; bits in [0, 30]. */
static inline int32_t integrad_saturating_shift_left16(int32_t value, int32_t bits) {
  const int64_t shifted = value * ((int64_t)1 << bits);
  return shifted < INT16_MIN ? INT16_MIN : shifted > INT16_MAX ? INT16_MAX : (int32_t)shifted;
}

/* relu6(x + 3) / 6 in Q0.15: x / 3 saturated to [-1, 1), then brought to [0, 1). `value` is x in
 * scale s_in / 128. The last doubling is apart, so that only it saturates a result. */
static inline int32_t integrad_hard_swish_ramp(const integrad_hard_swish* layer, int32_t value) {
  const int32_t shift = layer->ramp.shift;
  int32_t ramp = value;
  if (shift > 0) ramp = integrad_saturating_shift_left16(ramp, shift - 1);
  ramp = integrad_multiply_high16(ramp, layer->ramp.multiplier);
  if (shift > 0) ramp = integrad_saturating_shift_left16(ramp, 1);
  if (shift < 0) ramp = integrad_rounding_shift_right(ramp, -shift);
  return (ramp + ((int32_t)1 << 15)) >> 1;
}

/* The output code of one input code before the clamp to 8 bits. The last product is cut towards
 * zero, which makes up for the upward roundings before it. TFLM: reference_ops::HardSwish. */
static inline int32_t integrad_hard_swish_unclamped(const integrad_hard_swish* layer,
                                                    int32_t code) {
  const int32_t value = (code - layer->input_zero_point) * 128;
  const int32_t scaled = integrad_multiply_high16(value, layer->output.multiplier);
  const int32_t product = integrad_hard_swish_ramp(layer, value) * scaled / ((int32_t)1 << 15);
  return integrad_rounding_shift_right(product, -layer->output.shift) + layer->zero_point;
}

/* table[code + 128] for every code (look_up.h). */
static inline void integrad_hard_swish_table(const integrad_hard_swish* layer, int8_t* table) {
  for (int32_t code = -128; code < 128; ++code)
    table[code + 128] =
        (int8_t)integrad_clamp(integrad_hard_swish_unclamped(layer, code), INT8_MIN, INT8_MAX);
}

#endif
