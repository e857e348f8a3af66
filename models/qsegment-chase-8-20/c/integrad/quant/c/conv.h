/* Convolution. Filter [out channels, kernel rows, kernel columns, in channels / groups] (OHWI). */
#ifndef INTEGRAD_QUANT_C_CONV_H
#define INTEGRAD_QUANT_C_CONV_H
#include "layout.h"

typedef struct {
  integrad_dims input, output;
  integrad_window window_y, window_x; /* only pad_before is read: the output's size says the rest */
  int32_t groups;                     /* divides both channel counts */
  int32_t input_zero_point;
  integrad_output_stage stage;
} integrad_conv;

/* output[oy,ox,o] = finish(bias[o] + sum over ky, kx, c of
 *     (input[oy*sy + ky*dy - pad_y, ox*sx + kx*dx - pad_x, g*C + c] - zero_point) *
 * filter[o,ky,kx,c]) with C = in channels / groups and g the group of o. Points outside the image
 * are real zeros and add nothing. `bias` may be null. TFLM: reference_integer_ops::ConvPerChannel;
 * CMSIS-NN: arm_convolve_s8. */
static inline void integrad_conv_rows(const integrad_conv* layer, integrad_rows input,
                                      const int8_t* filter, const int32_t* bias, int8_t* output,
                                      int32_t row_begin, int32_t row_end) {
  const integrad_window wy = layer->window_y, wx = layer->window_x;
  const int32_t group_inputs = layer->input.channels / layer->groups;
  const int32_t group_outputs = layer->output.channels / layer->groups;
  const ptrdiff_t input_row = integrad_row_size(layer->input);
  const ptrdiff_t filter_row = (ptrdiff_t)wx.kernel * group_inputs;
  /* Where the taps of a row lie side by side in the image as in the filter, they are one long dot
   * product instead of one short one per tap. */
  const int joined = layer->groups == 1 && wx.dilation == 1;

  for (int32_t oy = row_begin; oy < row_end; ++oy) {
    const int32_t start_y = integrad_window_start(oy, wy);
    const int32_t first_y = integrad_window_first_tap(start_y, wy);
    const int32_t end_y = integrad_window_end_tap(start_y, layer->input.height, wy);
    for (int32_t ox = 0; ox < layer->output.width; ++ox) {
      const int32_t start_x = integrad_window_start(ox, wx);
      const int32_t first_x = integrad_window_first_tap(start_x, wx);
      const int32_t end_x = integrad_window_end_tap(start_x, layer->input.width, wx);
      const int32_t taps = end_x > first_x ? end_x - first_x : 0;
      const int32_t runs = joined && taps > 0 ? 1 : taps;
      const int32_t run_length = joined ? taps * group_inputs : group_inputs;
      const ptrdiff_t first_column = start_x + (ptrdiff_t)first_x * wx.dilation;
      for (int32_t o = 0; o < layer->output.channels; ++o) {
        const int8_t* weights = filter + (ptrdiff_t)o * wy.kernel * filter_row;
        const ptrdiff_t channel = (ptrdiff_t)(o / group_outputs) * group_inputs;
        uint32_t sum = bias != NULL ? (uint32_t)bias[o] : 0;
        for (int32_t ky = first_y; ky < end_y; ++ky) {
          const int32_t iy = start_y + ky * wy.dilation;
          for (int32_t run = 0; run < runs; ++run) {
            const ptrdiff_t ix = first_column + (ptrdiff_t)run * wx.dilation;
            sum += integrad_dot(
                integrad_row(input, iy, input_row) + ix * layer->input.channels + channel,
                layer->input_zero_point,
                weights + ky * filter_row + (first_x + run) * (ptrdiff_t)group_inputs, run_length);
          }
        }
        *output++ = integrad_finish(sum, o, &layer->stage);
      }
    }
  }
}

#endif
