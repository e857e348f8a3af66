#include "../../../../../quant/c/depthwise.h"

#include "tables.h"

static int is_undilated(const cmsis_nn_dw_conv_params* params) {
  return params->dilation.w == 1 && params->dilation.h == 1;
}

#ifndef ARM_MATH_MVEI
static int is_three_by_three(const cmsis_nn_dw_conv_params* params, const cmsis_nn_dims* filter) {
  return filter->w == 3 && filter->h == 3 && params->padding.h <= 1 && params->padding.w <= 1;
}
#endif

int32_t arm_depthwise_conv_wrapper_s8_get_buffer_size(const cmsis_nn_dw_conv_params* params,
                                                      const cmsis_nn_dims* input,
                                                      const cmsis_nn_dims* filter,
                                                      const cmsis_nn_dims* output) {
  const int32_t taps = filter->h * filter->w;
#ifdef ARM_MATH_MVEI
  if (input->c == 1 && output->c > 1) {
    const cmsis_nn_conv_params as_conv = {params->input_offset, params->output_offset,
                                          params->stride,       params->padding,
                                          params->dilation,     params->activation};
    const cmsis_nn_dims transposed = {filter->c, filter->h, filter->w, 1};
    return arm_convolve_wrapper_s8_get_buffer_size(&as_conv, input, &transposed, output) +
           taps * filter->c;
  }
  return input->c == output->c && is_undilated(params) ? 4 * 124 * taps : 0;
#else
  if (input->c != output->c || !is_undilated(params) || is_three_by_three(params, filter)) return 0;
#ifdef ARM_MATH_DSP
  return 2 * input->c * taps;
#else
  return 0 * taps;
#endif
#endif
}

/* Helium's kernels take four channels at a time, the last ones past the tables. */
static void read_past(const cmsis_nn_per_channel_quant_params* quant, const int32_t* bias,
                      const int8_t* filter, ptrdiff_t weights, int32_t channels) {
#ifdef ARM_MATH_MVEI
  int32_t i;
  for (i = 0; i < 3 && channels % 4 != 0; ++i) {
    volatile int32_t value = quant->multiplier[channels + i];
    value = quant->shift[channels + i];
    value = bias[channels + i];
    value = filter[weights + i];
    (void)value;
  }
#else
  (void)quant;
  (void)bias;
  (void)filter;
  (void)weights;
  (void)channels;
#endif
}

arm_cmsis_nn_status arm_depthwise_conv_s8(const cmsis_nn_context* ctx,
                                          const cmsis_nn_dw_conv_params* params,
                                          const cmsis_nn_per_channel_quant_params* quant,
                                          const cmsis_nn_dims* input_dims, const int8_t* input,
                                          const cmsis_nn_dims* filter_dims, const int8_t* filter,
                                          const cmsis_nn_dims* bias_dims, const int32_t* bias,
                                          const cmsis_nn_dims* output_dims, int8_t* output) {
  const integrad_depthwise layer = {
      image_of(input_dims),
      image_of(output_dims),
      window_of(filter_dims->h, params->stride.h, params->dilation.h, params->padding.h),
      window_of(filter_dims->w, params->stride.w, params->dilation.w, params->padding.w),
      -params->input_offset,
      DOUBLE_STAGE(quant, output_dims->c, params)};
  if (!is_size(input_dims) || !is_size(filter_dims) || !is_size(output_dims) ||
      input_dims->n != 1 || output_dims->n != 1 || filter_dims->n != 1 ||
      filter_dims->c != output_dims->c || input_dims->c * params->ch_mult != output_dims->c ||
      layer.stage.scales == NULL || !is_input_offset(params->input_offset) ||
      !is_code(params->output_offset) ||
      !is_activation(params->activation.min, params->activation.max) ||
      !are_windows(input_dims->h, output_dims->h, layer.window_y) ||
      !are_windows(input_dims->w, output_dims->w, layer.window_x) ||
      !are_biases(bias_dims, bias, output_dims->c) || !are_weights(filter, elements(filter_dims)) ||
      overlap(input, elements(input_dims), output, elements(output_dims)) ||
      !takes_scratch(ctx, 0, input, elements(input_dims), output, elements(output_dims)))
    return ARM_CMSIS_NN_ARG_ERROR;
  read_past(quant, bias, filter, elements(filter_dims), output_dims->c);
  integrad_depthwise_rows(&layer, integrad_all_rows(input), filter, bias, output, 0,
                          output_dims->h);
  return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_depthwise_conv_wrapper_s8(
    const cmsis_nn_context* ctx, const cmsis_nn_dw_conv_params* params,
    const cmsis_nn_per_channel_quant_params* quant, const cmsis_nn_dims* input_dims,
    const int8_t* input, const cmsis_nn_dims* filter_dims, const int8_t* filter,
    const cmsis_nn_dims* bias_dims, const int32_t* bias, const cmsis_nn_dims* output_dims,
    int8_t* output) {
  const int32_t needed =
      arm_depthwise_conv_wrapper_s8_get_buffer_size(params, input_dims, filter_dims, output_dims);
  if (!takes_scratch(ctx, needed, input, elements(input_dims), output, elements(output_dims)))
    return ARM_CMSIS_NN_ARG_ERROR;
#ifndef ARM_MATH_MVEI
  /* The real 3x3 kernel reads the middle column of a window without looking whether it exists. */
  if (params->ch_mult == 1 && is_undilated(params) && is_three_by_three(params, filter_dims)) {
    int32_t x;
    for (x = 0; x < output_dims->w; ++x)
      if (x * params->stride.w - params->padding.w + 1 >= input_dims->w)
        return ARM_CMSIS_NN_FAILURE;
  }
#endif
  return arm_depthwise_conv_s8(ctx, params, quant, input_dims, input, filter_dims, filter,
                               bias_dims, bias, output_dims, output);
}
