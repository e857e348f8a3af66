#include "../../../../../quant/c/transposed_conv.h"

#include "tables.h"

static int32_t larger(int32_t a, int32_t b) {
  return a > b ? a : b;
}

static int32_t rounded_up(int32_t value, int32_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

static int reverses(const cmsis_nn_transpose_conv_params* params, const cmsis_nn_dims* input) {
  return params->stride.w <= 2 && params->stride.h <= 2 && input->c > 16;
}

int32_t arm_transpose_conv_s8_get_buffer_size(const cmsis_nn_transpose_conv_params* params,
                                              const cmsis_nn_dims* input,
                                              const cmsis_nn_dims* filter,
                                              const cmsis_nn_dims* output) {
  if (reverses(params, input)) {
    const int32_t column = filter->h * filter->w * input->c;
#ifdef ARM_MATH_MVEI
    return 4 * rounded_up(column, 16);
#else
    return 4 * rounded_up(column, 4);
#endif
  }
  return 4 * ((input->w - 1) * params->stride.w + larger(filter->w, params->stride.h)) * output->c *
         larger(filter->h, params->stride.h);
}

int32_t arm_transpose_conv_s8_get_reverse_conv_buffer_size(
    const cmsis_nn_transpose_conv_params* params, const cmsis_nn_dims* input,
    const cmsis_nn_dims* filter) {
  return reverses(params, input) ? input->c * filter->h * filter->w * filter->n : 0;
}

/* Where the real kernel, which does not reverse, is right; along one axis. */
static int comes_out(int32_t inputs, int32_t outputs, int32_t kernel, int32_t stride,
                     int32_t padding) {
  return inputs * stride >= padding && inputs * stride - padding <= outputs &&
         padding + outputs <= (inputs - 1) * stride + larger(kernel, stride);
}

arm_cmsis_nn_status arm_transpose_conv_wrapper_s8(
    const cmsis_nn_context* ctx, const cmsis_nn_context* reverse_ctx,
    const cmsis_nn_transpose_conv_params* params, const cmsis_nn_per_channel_quant_params* quant,
    const cmsis_nn_dims* input_dims, const int8_t* input, const cmsis_nn_dims* filter_dims,
    const int8_t* filter, const cmsis_nn_dims* bias_dims, const int32_t* bias,
    const cmsis_nn_dims* output_dims, int8_t* output) {
  const integrad_transposed_conv layer = {
      image_of(input_dims),
      image_of(output_dims),
      window_of(filter_dims->h, params->stride.h, 1, params->padding.h),
      window_of(filter_dims->w, params->stride.w, 1, params->padding.w),
      -params->input_offset,
      DOUBLE_STAGE(quant, output_dims->c, params)};
  const ptrdiff_t in = elements(input_dims), out = elements(output_dims);
  if (!is_size(input_dims) || !is_size(filter_dims) || !is_size(output_dims) ||
      input_dims->n != 1 || output_dims->n != 1 || filter_dims->n != output_dims->c ||
      filter_dims->c != input_dims->c || params->dilation.h != 1 || params->dilation.w != 1 ||
      params->padding_offsets.h < 0 || params->padding_offsets.w < 0 ||
      layer.stage.scales == NULL || !is_input_offset(params->input_offset) ||
      !is_code(params->output_offset) ||
      !is_activation(params->activation.min, params->activation.max) ||
      !are_biases(bias_dims, bias, output_dims->c) || !are_weights(filter, elements(filter_dims)) ||
      overlap(input, in, output, out) ||
      !takes_scratch(
          ctx, arm_transpose_conv_s8_get_buffer_size(params, input_dims, filter_dims, output_dims),
          input, in, output, out) ||
      !takes_scratch(
          reverse_ctx,
          arm_transpose_conv_s8_get_reverse_conv_buffer_size(params, input_dims, filter_dims),
          input, in, output, out) ||
      (reverse_ctx->buf != NULL &&
       overlap(ctx->buf, ctx->size, reverse_ctx->buf, reverse_ctx->size)))
    return ARM_CMSIS_NN_ARG_ERROR;
  if (!reverses(params, input_dims) &&
      (!comes_out(input_dims->h, output_dims->h, filter_dims->h, params->stride.h,
                  params->padding.h) ||
       !comes_out(input_dims->w, output_dims->w, filter_dims->w, params->stride.w,
                  params->padding.w) ||
       params->stride.w > larger(filter_dims->w, params->stride.h)))
    return ARM_CMSIS_NN_FAILURE;
  integrad_transposed_conv_rows(&layer, integrad_all_rows(input), filter, bias, output, 0,
                                output_dims->h);
  return ARM_CMSIS_NN_SUCCESS;
}
