/* Addition with the DSP extension: the bytes of integrad_add_elements. */
#ifndef INTEGRAD_QUANT_C_DSP_ELEMENTWISE_H
#define INTEGRAD_QUANT_C_DSP_ELEMENTWISE_H
#include "../elementwise.h"
#include "finish.h"
#include "lanes.h"

/* The input with the larger scale is only halved: multiplier 2^30, shift 0. */
static inline int integrad_only_halves(integrad_scale scale) {
  return scale.multiplier == (int32_t)1 << 30 && scale.shift == 0;
}

/* An addition with its inputs in order: `halved` first. Its term is
 *     rescale((code - zero_point) * 2^left_shift) = (code - zero_point) * 2^(left_shift - 1)
 * exactly, in either rounding, and that of the other input, in double rounding, is
 *     rounding_shift_right(value + floor(value * (2 * multiplier - 2^32) / 2^32 + 1/2), right),
 * as finish.h explains. */
typedef struct {
  int32_t halved_zero_point, halved_shift;
  int32_t other_zero_point, other_shift;
  int32_t other_multiplier; /* 2 * multiplier - 2^32 */
  int32_t right;
  integrad_common_scale output_scale;
  int32_t addend; /* 1 + 2 * the output's zero point */
} integrad_ordered_add;

static inline uint32_t integrad_ordered_sum(const integrad_ordered_add* add, int32_t halved,
                                            int32_t other) {
  const int32_t first = (int32_t)((uint32_t)(halved - add->halved_zero_point) << add->halved_shift);
  const int32_t value = (int32_t)((uint32_t)(other - add->other_zero_point) << add->other_shift);
  const int32_t high = integrad_multiply_top(value, add->other_multiplier, value);
  return (uint32_t)first + (uint32_t)integrad_rounding_shift_right(high, add->right);
}

/* Code `i` of four. */
static inline int32_t integrad_code_of(uint32_t word, int32_t i) {
  return (int8_t)(uint8_t)(word >> (8 * i));
}

INTEGRAD_NEVER_INLINE void integrad_add_ordered(const integrad_add* layer, integrad_ordered_add add,
                                                const int8_t* halved, const int8_t* other,
                                                int8_t* output, ptrdiff_t words) {
  for (const int8_t* end = halved + 4 * words; halved != end;
       halved += 4, other += 4, output += 4) {
    const uint32_t a = integrad_load_word(halved), b = integrad_load_word(other);
    integrad_four sums;
    sums.v0 = integrad_ordered_sum(&add, integrad_code_of(a, 0), integrad_code_of(b, 0));
    sums.v1 = integrad_ordered_sum(&add, integrad_code_of(a, 1), integrad_code_of(b, 1));
    sums.v2 = integrad_ordered_sum(&add, integrad_code_of(a, 2), integrad_code_of(b, 2));
    sums.v3 = integrad_ordered_sum(&add, integrad_code_of(a, 3), integrad_code_of(b, 3));
    integrad_common_four(&sums, &add.output_scale, 0, INTEGRAD_ROUNDING_DOUBLE, add.addend);
    integrad_clamp_four(&sums, layer->low, layer->high);
    output[0] = (int8_t)sums.v0;
    output[1] = (int8_t)sums.v1;
    output[2] = (int8_t)sums.v2;
    output[3] = (int8_t)sums.v3;
  }
}

/* integrad_add_elements. Single rounding and scales that no two real ones give take the portable
 * way. */
static inline void integrad_dsp_add_elements(const integrad_add* layer, const int8_t* input1,
                                             const int8_t* input2, int8_t* output,
                                             ptrdiff_t count) {
  const int first_halves = integrad_only_halves(layer->scale1);
  const integrad_scale halved = first_halves ? layer->scale1 : layer->scale2;
  const integrad_scale other = first_halves ? layer->scale2 : layer->scale1;
  ptrdiff_t words = 0;
  if (layer->rounding == INTEGRAD_ROUNDING_DOUBLE && integrad_only_halves(halved) &&
      layer->left_shift >= 1 && other.multiplier >= (int32_t)1 << 30 && other.shift <= 0 &&
      integrad_is_common_scale(layer->output_scale)) {
    integrad_ordered_add add;
    add.halved_zero_point = first_halves ? layer->zero_point1 : layer->zero_point2;
    add.other_zero_point = first_halves ? layer->zero_point2 : layer->zero_point1;
    add.halved_shift = layer->left_shift - 1;
    add.other_shift = layer->left_shift;
    add.other_multiplier = (int32_t)((uint32_t)other.multiplier << 1);
    add.right = -other.shift;
    add.output_scale = integrad_make_common_scale(layer->output_scale, layer->rounding);
    add.addend = 1 + 2 * layer->zero_point;
    words = count / 4;
    integrad_add_ordered(layer, add, first_halves ? input1 : input2, first_halves ? input2 : input1,
                         output, words);
  }
  integrad_add_elements(layer, input1 + 4 * words, input2 + 4 * words, output + 4 * words,
                        count - 4 * words);
}

#endif
