#include "../../../../../quant/c/pool.h"

#include "check.h"

int32_t arm_avgpool_s8_get_buffer_size(const int output_x, const int ch_src) {
  (void)output_x;
#if defined ARM_MATH_DSP && !defined ARM_MATH_MVEI
  return 4 * ch_src;
#else
  return 0 * ch_src;
#endif
}

/* Fills the layer; 0 when an argument is wrong. */
static int pool_of(const cmsis_nn_context* ctx, int32_t needed, const cmsis_nn_pool_params* params,
                   const cmsis_nn_dims* input_dims, const int8_t* input,
                   const cmsis_nn_dims* filter_dims, const cmsis_nn_dims* output_dims,
                   const int8_t* output, integrad_pool* layer) {
  layer->input = image_of(input_dims);
  layer->output = image_of(output_dims);
  layer->window_y = window_of(filter_dims->h, params->stride.h, 1, params->padding.h);
  layer->window_x = window_of(filter_dims->w, params->stride.w, 1, params->padding.w);
  layer->low = params->activation.min;
  layer->high = params->activation.max;
  return is_size(input_dims) && is_size(output_dims) && input_dims->n == 1 && output_dims->n == 1 &&
         input_dims->c == output_dims->c && filter_dims->n == 1 && filter_dims->c == 1 &&
         is_activation(layer->low, layer->high) &&
         are_windows(input_dims->h, output_dims->h, layer->window_y) &&
         are_windows(input_dims->w, output_dims->w, layer->window_x) &&
         !overlap(input, elements(input_dims), output, elements(output_dims)) &&
         takes_scratch(ctx, needed, input, elements(input_dims), output, elements(output_dims));
}

arm_cmsis_nn_status arm_max_pool_s8(const cmsis_nn_context* ctx, const cmsis_nn_pool_params* params,
                                    const cmsis_nn_dims* input_dims, const int8_t* input,
                                    const cmsis_nn_dims* filter_dims,
                                    const cmsis_nn_dims* output_dims, int8_t* output) {
  integrad_pool layer;
  if (!pool_of(ctx, 0, params, input_dims, input, filter_dims, output_dims, output, &layer))
    return ARM_CMSIS_NN_ARG_ERROR;
  integrad_max_pool_rows(&layer, integrad_all_rows(input), output, NULL, 0, output_dims->h);
  return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_avgpool_s8(const cmsis_nn_context* ctx, const cmsis_nn_pool_params* params,
                                   const cmsis_nn_dims* input_dims, const int8_t* input,
                                   const cmsis_nn_dims* filter_dims,
                                   const cmsis_nn_dims* output_dims, int8_t* output) {
  integrad_pool layer;
  const int32_t needed = arm_avgpool_s8_get_buffer_size(output_dims->w, input_dims->c);
  if (!pool_of(ctx, needed, params, input_dims, input, filter_dims, output_dims, output, &layer))
    return ARM_CMSIS_NN_ARG_ERROR;
  integrad_average_pool_rows(&layer, integrad_all_rows(input), output, 0, output_dims->h);
  return ARM_CMSIS_NN_SUCCESS;
}
