#include "../../../../../quant/c/conv.h"

#include "tables.h"

static int32_t rounded_up(int32_t value, int32_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

int32_t arm_convolve_wrapper_s8_get_buffer_size(const cmsis_nn_conv_params* params,
                                                const cmsis_nn_dims* input,
                                                const cmsis_nn_dims* filter,
                                                const cmsis_nn_dims* output) {
  const int32_t column = filter->h * filter->w * input->c;
  (void)output;
  if (filter->h == 1 && filter->w == 1 && params->padding.h == 0 && params->padding.w == 0 &&
      params->dilation.h == 1 && params->dilation.w == 1 && filter->c == input->c)
    return 0;
#ifdef ARM_MATH_MVEI
  return 4 * rounded_up(column, 16);
#else
  return 4 * rounded_up(column, 4);
#endif
}

arm_cmsis_nn_status arm_convolve_wrapper_s8(const cmsis_nn_context* ctx,
                                            const cmsis_nn_conv_params* params,
                                            const cmsis_nn_per_channel_quant_params* quant,
                                            const cmsis_nn_dims* input_dims, const int8_t* input,
                                            const cmsis_nn_dims* filter_dims, const int8_t* filter,
                                            const cmsis_nn_dims* bias_dims, const int32_t* bias,
                                            const cmsis_nn_dims* output_dims, int8_t* output) {
  if (!is_size(input_dims) || !is_size(filter_dims) || !is_size(output_dims) ||
      input_dims->n != 1 || output_dims->n != 1 || filter_dims->n != output_dims->c ||
      input_dims->c % filter_dims->c != 0)
    return ARM_CMSIS_NN_ARG_ERROR;
  {
    const int32_t groups = input_dims->c / filter_dims->c;
    const integrad_conv layer = {
        image_of(input_dims),
        image_of(output_dims),
        window_of(filter_dims->h, params->stride.h, params->dilation.h, params->padding.h),
        window_of(filter_dims->w, params->stride.w, params->dilation.w, params->padding.w),
        groups,
        -params->input_offset,
        DOUBLE_STAGE(quant, output_dims->c, params)};
    const int32_t needed =
        arm_convolve_wrapper_s8_get_buffer_size(params, input_dims, filter_dims, output_dims);
    if (output_dims->c % groups != 0 || layer.stage.scales == NULL ||
        !is_input_offset(params->input_offset) || !is_code(params->output_offset) ||
        !is_activation(params->activation.min, params->activation.max) ||
        !are_windows(input_dims->h, output_dims->h, layer.window_y) ||
        !are_windows(input_dims->w, output_dims->w, layer.window_x) ||
        !are_biases(bias_dims, bias, output_dims->c) ||
        !are_weights(filter, elements(filter_dims)) ||
        overlap(input, elements(input_dims), output, elements(output_dims)) ||
        !takes_scratch(ctx, needed, input, elements(input_dims), output, elements(output_dims)))
      return ARM_CMSIS_NN_ARG_ERROR;
    integrad_conv_rows(&layer, integrad_all_rows(input), filter, bias, output, 0, output_dims->h);
  }
  return ARM_CMSIS_NN_SUCCESS;
}
