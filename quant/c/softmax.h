/* Softmax over rows of codes; the output's scale is 1/256, its zero point -128. */
#ifndef INTEGRAD_QUANT_C_SOFTMAX_H
#define INTEGRAD_QUANT_C_SOFTMAX_H
#include "fixed_point.h"
#include "layout.h"

typedef struct {
  int32_t channels; /* of one row: the axis that is normalised */
  /* beta * input scale as multiplier * 2^(left_shift - 31), in Q5.26 */
  int32_t multiplier, left_shift;
  int32_t smallest_difference; /* below it, exp counts as 0 */
} integrad_softmax;

/* exp(beta * scale * difference) in Q0.31, difference <= 0. */
static inline int32_t integrad_softmax_exp(const integrad_softmax* layer, int32_t difference) {
  const int32_t shifted = integrad_wrap32(difference * ((int64_t)1 << layer->left_shift));
  return integrad_exp_of_negative(integrad_multiply_high(shifted, layer->multiplier), 5);
}

/* output[c] = 256 * exp(b * (input[c] - max)) / sum over k of exp(b * (input[k] - max)) - 128 for
 * each of `rows` rows. The sum is kept in Q12.19, which bounds a row to 4096 channels; the kernels
 * we match give no defined result where it reaches 512 times its largest term. Does not depend on
 * the choice of rounding. TFLM: reference_ops::Softmax; CMSIS-NN: arm_softmax_s8. */
static inline void integrad_softmax_rows(const integrad_softmax* layer, const int8_t* input,
                                         int8_t* output, ptrdiff_t rows) {
  const int32_t sum_bits = 12;
  for (ptrdiff_t row = 0; row < rows; ++row) {
    int32_t largest = INT8_MIN;
    for (int32_t c = 0; c < layer->channels; ++c) largest = input[c] > largest ? input[c] : largest;

    uint32_t sum = 0;
    for (int32_t c = 0; c < layer->channels; ++c) {
      const int32_t difference = input[c] - largest;
      if (difference >= layer->smallest_difference)
        sum += (uint32_t)integrad_rounding_shift_right(integrad_softmax_exp(layer, difference),
                                                       sum_bits);
    }

    /* sum = (1 + a) * 2^(31 - headroom) with a in [0, 1). The largest code alone gives 2^19, and
     * all are below 512 times that. */
    int32_t headroom = 4;
    while (headroom < 31 && (sum << headroom) < ((uint32_t)1 << 31)) ++headroom;
    const int32_t scale = integrad_reciprocal_of_one_plus((int32_t)((sum << headroom) & INT32_MAX));
    const int32_t right = sum_bits - headroom + 31 - 8;

    for (int32_t c = 0; c < layer->channels; ++c) {
      const int32_t difference = input[c] - largest;
      int32_t code = INT8_MIN;
      if (difference >= layer->smallest_difference) {
        const int32_t quotient =
            integrad_multiply_high(scale, integrad_softmax_exp(layer, difference));
        code += integrad_rounding_shift_right(quotient, right);
      }
      output[c] = (int8_t)integrad_clamp(code, INT8_MIN, INT8_MAX);
    }
    input += layer->channels;
    output += layer->channels;
  }
}

#endif
