/* Sum, difference and product of two tensors of the same shape, each with its own scale and zero
 * point. */
#ifndef INTEGRAD_QUANT_C_ELEMENTWISE_H
#define INTEGRAD_QUANT_C_ELEMENTWISE_H
#include "layout.h"

/* Addition and subtraction need both operands in one scale. With s = 2 * max(s1, s2) the operands
 * are first widened by 2^left_shift (20: 255 * 2^20 still fits 32 bits) and brought to s; the sum
 * then goes to s_out. */
typedef struct {
  int32_t zero_point1, zero_point2;
  integrad_scale scale1, scale2; /* s1 / s and s2 / s */
  integrad_scale output_scale;   /* s / (2^left_shift * s_out) */
  int32_t left_shift;
  int32_t zero_point, low, high; /* of the output */
  integrad_rounding rounding;
} integrad_add;

/* An operand widened and brought to the common scale s: rescale((code - zero_point) *
 * 2^left_shift).
 */
static inline int32_t integrad_add_operand(const integrad_add* layer, int32_t code,
                                           int32_t zero_point, integrad_scale scale) {
  const int32_t widen = (int32_t)1 << layer->left_shift;
  return integrad_rescale((code - zero_point) * widen, scale, layer->rounding);
}

/* rescale(a + b) + zero_point before the clamp, a and b the operands: three roundings. */
static inline int32_t integrad_add_unclamped(const integrad_add* layer, int32_t code1,
                                             int32_t code2) {
  const int32_t a = integrad_add_operand(layer, code1, layer->zero_point1, layer->scale1);
  const int32_t b = integrad_add_operand(layer, code2, layer->zero_point2, layer->scale2);
  return integrad_requantize_unclamped(integrad_wrapping_add(a, b), layer->output_scale,
                                       layer->rounding, layer->zero_point);
}

/* The same of a - b. */
static inline int32_t integrad_subtract_unclamped(const integrad_add* layer, int32_t code1,
                                                  int32_t code2) {
  const int32_t a = integrad_add_operand(layer, code1, layer->zero_point1, layer->scale1);
  const int32_t b = integrad_add_operand(layer, code2, layer->zero_point2, layer->scale2);
  return integrad_requantize_unclamped(integrad_wrap32((int64_t)a - b), layer->output_scale,
                                       layer->rounding, layer->zero_point);
}

/* The sum of two tensors. TFLM: reference_integer_ops::Add; CMSIS-NN: arm_elementwise_add_s8. */
static inline void integrad_add_elements(const integrad_add* layer, const int8_t* input1,
                                         const int8_t* input2, int8_t* output, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i)
    output[i] = (int8_t)integrad_clamp(integrad_add_unclamped(layer, input1[i], input2[i]),
                                       layer->low, layer->high);
}

/* The difference of two tensors. TFLM: reference_ops::Sub. */
static inline void integrad_subtract_elements(const integrad_add* layer, const int8_t* input1,
                                              const int8_t* input2, int8_t* output,
                                              ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i)
    output[i] = (int8_t)integrad_clamp(integrad_subtract_unclamped(layer, input1[i], input2[i]),
                                       layer->low, layer->high);
}

typedef struct {
  int32_t zero_point1, zero_point2;
  integrad_scale scale;          /* s1 * s2 / s_out */
  int32_t zero_point, low, high; /* of the output */
  integrad_rounding rounding;
} integrad_multiply;

/* rescale((code1 - zero_point1) * (code2 - zero_point2)) + zero_point before the clamp. */
static inline int32_t integrad_multiply_unclamped(const integrad_multiply* layer, int32_t code1,
                                                  int32_t code2) {
  const int32_t product = (code1 - layer->zero_point1) * (code2 - layer->zero_point2);
  return integrad_requantize_unclamped(product, layer->scale, layer->rounding, layer->zero_point);
}

/* The product of two tensors. TFLM: reference_integer_ops::Mul; CMSIS-NN: arm_elementwise_mul_s8.
 */
static inline void integrad_multiply_elements(const integrad_multiply* layer, const int8_t* input1,
                                              const int8_t* input2, int8_t* output,
                                              ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i)
    output[i] = (int8_t)integrad_clamp(integrad_multiply_unclamped(layer, input1[i], input2[i]),
                                       layer->low, layer->high);
}

#endif
