/* The logistic function 1 / (1 + exp(-x)) on codes; the output's scale is 1/256, its zero point
 * -128. */
#ifndef INTEGRAD_QUANT_C_LOGISTIC_H
#define INTEGRAD_QUANT_C_LOGISTIC_H
#include "fixed_point.h"
#include "layout.h"

typedef struct {
  int32_t input_zero_point;
  integrad_scale scale; /* input scale in Q4.27 */
  int32_t radius;       /* |code - zero_point| from which the result is 0 or 1 */
  integrad_rounding rounding;
} integrad_logistic;

/* 1 / (1 + exp(-x)) in Q0.31 of x in Q4.27: the reciprocal for x > 0, its complement for x < 0.
 * gemmlowp: logistic. */
static inline int32_t integrad_logistic_fixed_point(int32_t x) {
  if (x == 0) return (int32_t)1 << 30;
  const int32_t positive =
      integrad_reciprocal_of_one_plus(integrad_exp_of_negative(x > 0 ? -x : x, 4));
  return x > 0 ? positive : INT32_MAX - positive;
}

/* The output code of one input code. TFLM: reference_integer_ops::Logistic. */
static inline int8_t integrad_logistic_code(const integrad_logistic* layer, int32_t code) {
  const int32_t centred = code - layer->input_zero_point;
  if (centred <= -layer->radius) return INT8_MIN;
  if (centred >= layer->radius) return INT8_MAX;
  const int32_t x = integrad_rescale(centred, layer->scale, layer->rounding);
  const int32_t result = integrad_rounding_shift_right(integrad_logistic_fixed_point(x), 31 - 8);
  return (int8_t)integrad_clamp(result - 128, INT8_MIN, INT8_MAX);
}

/* table[code + 128] for every code (look_up.h). */
static inline void integrad_logistic_table(const integrad_logistic* layer, int8_t* table) {
  for (int32_t code = -128; code < 128; ++code)
    table[code + 128] = integrad_logistic_code(layer, code);
}

#endif
