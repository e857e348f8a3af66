#include "../../../../../quant/c/fully_connected.h"

#include "tables.h"

int32_t arm_fully_connected_s8_get_buffer_size(const cmsis_nn_dims* filter) {
#ifdef ARM_MATH_MVEI
  return 4 * filter->c;
#else
  return 0 * filter->c;
#endif
}

/* sums[row] = bias[row] + lhs_offset * sum of the row's weights: what the zero point of the input
 * adds to every product of the row. */
arm_cmsis_nn_status arm_vector_sum_s8(int32_t* sums, const int32_t columns, const int32_t rows,
                                      const int8_t* weights, const int32_t lhs_offset,
                                      const int32_t rhs_offset, const int32_t* bias) {
  int32_t row, column;
  if (sums == NULL || columns < 1 || rows < 1 || !is_input_offset(lhs_offset) || rhs_offset != 0)
    return ARM_CMSIS_NN_ARG_ERROR;
  for (row = 0; row < rows; ++row) {
    int32_t sum = 0;
    for (column = 0; column < columns; ++column) sum += *weights++;
    sums[row] = (bias != NULL ? bias[row] : 0) + lhs_offset * sum;
  }
  return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_fully_connected_wrapper_s8(
    const cmsis_nn_context* ctx, const cmsis_nn_fc_params* params,
    const cmsis_nn_quant_params* quant, const cmsis_nn_dims* input_dims, const int8_t* input,
    const cmsis_nn_dims* filter_dims, const int8_t* filter, const cmsis_nn_dims* bias_dims,
    const int32_t* bias, const cmsis_nn_dims* output_dims, int8_t* output) {
  const cmsis_nn_per_channel_quant_params scales = {quant->multiplier, quant->shift};
  integrad_fully_connected layer = {filter_dims->n, output_dims->c, -params->input_offset, 0,
                                    DOUBLE_STAGE(&scales, output_dims->c, params)};
  const ptrdiff_t in = elements(input_dims), out = elements(output_dims);
  if (!is_size(input_dims) || !is_size(filter_dims) || !is_size(output_dims) ||
      input_dims->n != 1 || output_dims->n != 1 || in != filter_dims->n || filter_dims->h != 1 ||
      filter_dims->w != 1 || filter_dims->c != output_dims->c || out != output_dims->c ||
      quant->is_per_channel != 1 || params->filter_offset != 0 || layer.stage.scales == NULL ||
      !is_input_offset(params->input_offset) || !is_code(params->output_offset) ||
      !is_activation(params->activation.min, params->activation.max) ||
      !are_biases(bias_dims, bias, output_dims->c) || !are_weights(filter, elements(filter_dims)) ||
      overlap(input, in, output, out))
    return ARM_CMSIS_NN_ARG_ERROR;
#ifdef ARM_MATH_MVEI
  /* Helium's kernel takes the sums as they are, and neither bias nor zero point. */
  if (ctx->buf == NULL || ctx->size < 4 * output_dims->c ||
      overlap(ctx->buf, ctx->size, input, in) || overlap(ctx->buf, ctx->size, output, out))
    return ARM_CMSIS_NN_ARG_ERROR;
  bias = (const int32_t*)ctx->buf;
  layer.input_zero_point = 0;
#else
  (void)ctx;
#endif
  integrad_fully_connected_outputs(&layer, input, filter, bias, output, 0, output_dims->c);
  return ARM_CMSIS_NN_SUCCESS;
}
