/* Between real numbers and codes, and from one code to another: real = scale * (code - zero_point).
 */
#ifndef INTEGRAD_QUANT_C_QUANTIZE_H
#define INTEGRAD_QUANT_C_QUANTIZE_H
#include "layout.h"

/* The nearest integer, ties away from zero; |value| below 2^23. */
static inline int32_t integrad_round_half_away(float value) {
  const int32_t whole = (int32_t)value;
  const float fraction = value - (float)whole; /* exact */
  return fraction >= 0.5f ? whole + 1 : fraction <= -0.5f ? whole - 1 : whole;
}

/* clamp(round(value / scale) + zero_point, -128, 127), the division in float32. Infinities
 * saturate; a NaN becomes zero_point. TFLM: AffineQuantize. */
static inline int8_t integrad_quantize(float value, float scale, int32_t zero_point) {
  const float ratio = value / scale;
  /* Far enough to saturate for every zero point, near enough to convert. */
  const float bounded = ratio > 512.0f ? 512.0f : ratio < -512.0f ? -512.0f : ratio;
  if (value != value || bounded != bounded) return (int8_t)zero_point;
  return (int8_t)integrad_clamp(integrad_round_half_away(bounded) + zero_point, -128, 127);
}

/* scale * (code - zero_point): the product in double, then rounded to float32. TFLM: Dequantize. */
static inline float integrad_dequantize(int8_t code, float scale, int32_t zero_point) {
  return (float)((double)scale * (code - zero_point));
}

/* output[i] = quantize(input[i]). */
static inline void integrad_quantize_elements(const float* input, float scale, int32_t zero_point,
                                              int8_t* output, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i) output[i] = integrad_quantize(input[i], scale, zero_point);
}

/* output[i] = dequantize(input[i]). */
static inline void integrad_dequantize_elements(const int8_t* input, float scale,
                                                int32_t zero_point, float* output,
                                                ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i)
    output[i] = integrad_dequantize(input[i], scale, zero_point);
}

/* From one scale and zero point to another. */
typedef struct {
  int32_t input_zero_point;
  integrad_scale scale;          /* s_in / s_out */
  int32_t zero_point, low, high; /* of the output */
  integrad_rounding rounding;
} integrad_requantization;

/* rescale(code - input_zero_point) + zero_point before the clamp. */
static inline int32_t integrad_requantization_unclamped(const integrad_requantization* layer,
                                                        int32_t code) {
  return integrad_requantize_unclamped(code - layer->input_zero_point, layer->scale,
                                       layer->rounding, layer->zero_point);
}

/* output[i] = clamp(rescale(input[i] - input_zero_point) + zero_point). TFLM: Requantize; with the
 * clamp of a ReLU, Relu. */
static inline void integrad_requantize_elements(const integrad_requantization* layer,
                                                const int8_t* input, int8_t* output,
                                                ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i)
    output[i] = (int8_t)integrad_clamp(integrad_requantization_unclamped(layer, input[i]),
                                       layer->low, layer->high);
}

#endif
