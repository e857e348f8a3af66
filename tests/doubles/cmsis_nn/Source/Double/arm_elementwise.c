#include "../../../../../quant/c/elementwise.h"

#include "check.h"

/* The output may replace an input, but not lie across one. */
static int are_apart(const int8_t* input, const int8_t* output, int32_t count) {
  return input == output || !overlap(input, count, output, count);
}

arm_cmsis_nn_status arm_elementwise_add_s8(const int8_t* input1, const int8_t* input2,
                                           const int32_t offset1, const int32_t multiplier1,
                                           const int32_t shift1, const int32_t offset2,
                                           const int32_t multiplier2, const int32_t shift2,
                                           const int32_t left_shift, int8_t* output,
                                           const int32_t out_offset, const int32_t out_multiplier,
                                           const int32_t out_shift, const int32_t low,
                                           const int32_t high, const int32_t count) {
  const integrad_add layer = {-offset1,
                              -offset2,
                              {multiplier1, shift1},
                              {multiplier2, shift2},
                              {out_multiplier, out_shift},
                              left_shift,
                              out_offset,
                              low,
                              high,
                              DOUBLE_ROUNDING};
  if (!is_input_offset(offset1) || !is_input_offset(offset2) || !is_code(out_offset) ||
      !is_scale(multiplier1, shift1) || !is_scale(multiplier2, shift2) || shift1 > 0 ||
      shift2 > 0 || !is_scale(out_multiplier, out_shift) || left_shift != 20 ||
      !is_activation(low, high) || count < 1 || !are_apart(input1, output, count) ||
      !are_apart(input2, output, count))
    return ARM_CMSIS_NN_ARG_ERROR;
  integrad_add_elements(&layer, input1, input2, output, count);
  return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_elementwise_mul_s8(const int8_t* input1, const int8_t* input2,
                                           const int32_t offset1, const int32_t offset2,
                                           int8_t* output, const int32_t out_offset,
                                           const int32_t out_multiplier, const int32_t out_shift,
                                           const int32_t low, const int32_t high,
                                           const int32_t count) {
  const integrad_multiply layer = {
      -offset1, -offset2, {out_multiplier, out_shift}, out_offset, low, high, DOUBLE_ROUNDING};
  if (!is_input_offset(offset1) || !is_input_offset(offset2) || !is_code(out_offset) ||
      !is_scale(out_multiplier, out_shift) || !is_activation(low, high) || count < 1 ||
      !are_apart(input1, output, count) || !are_apart(input2, output, count))
    return ARM_CMSIS_NN_ARG_ERROR;
  integrad_multiply_elements(&layer, input1, input2, output, count);
  return ARM_CMSIS_NN_SUCCESS;
}
