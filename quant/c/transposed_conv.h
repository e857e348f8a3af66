/* Transposed convolution: every input point spreads its filter over the output. Filter
 * [out channels, kernel rows, kernel columns, in channels] (OHWI). */
#ifndef INTEGRAD_QUANT_C_TRANSPOSED_CONV_H
#define INTEGRAD_QUANT_C_TRANSPOSED_CONV_H
#include "layout.h"

typedef struct {
  integrad_dims input, output;
  integrad_window window_y, window_x; /* stride and pad_before as seen from the output */
  int32_t input_zero_point;
  integrad_output_stage stage;
} integrad_transposed_conv;

/* The input position whose tap `tap` falls on output position `output`; -1 when there is none. */
static inline int32_t integrad_transposed_source(int32_t output, int32_t tap, int32_t inputs,
                                                 integrad_window window) {
  const int32_t scaled = output + window.pad_before - tap * window.dilation;
  if (scaled < 0 || scaled % window.stride != 0) return -1;
  return scaled / window.stride < inputs ? scaled / window.stride : -1;
}

/* output[oy,ox,o] = finish(bias[o] + sum over ky, kx, c of
 *     (input[iy,ix,c] - zero_point) * filter[o,ky,kx,c])
 * over the taps with iy*sy + ky*dy - pad_y = oy and ix*sx + kx*dx - pad_x = ox. The kernels we
 * match scatter from each input point; gathering gives the same sums and lets rows have one owner.
 * `bias` may be null. TFLM: reference_integer_ops::TransposeConv; CMSIS-NN: arm_transpose_conv_s8.
 */
static inline void integrad_transposed_conv_rows(const integrad_transposed_conv* layer,
                                                 integrad_rows input, const int8_t* filter,
                                                 const int32_t* bias, int8_t* output,
                                                 int32_t row_begin, int32_t row_end) {
  const integrad_window wy = layer->window_y, wx = layer->window_x;
  const int32_t inputs = layer->input.channels;
  const ptrdiff_t input_row = integrad_row_size(layer->input);
  const ptrdiff_t filter_row = (ptrdiff_t)wx.kernel * inputs;

  for (int32_t oy = row_begin; oy < row_end; ++oy) {
    for (int32_t ox = 0; ox < layer->output.width; ++ox) {
      for (int32_t o = 0; o < layer->output.channels; ++o) {
        const int8_t* weights = filter + (ptrdiff_t)o * wy.kernel * filter_row;
        uint32_t sum = bias != NULL ? (uint32_t)bias[o] : 0;
        for (int32_t ky = 0; ky < wy.kernel; ++ky) {
          const int32_t iy = integrad_transposed_source(oy, ky, layer->input.height, wy);
          if (iy < 0) continue;
          for (int32_t kx = 0; kx < wx.kernel; ++kx) {
            const int32_t ix = integrad_transposed_source(ox, kx, layer->input.width, wx);
            if (ix < 0) continue;
            sum += integrad_dot(integrad_row(input, iy, input_row) + (ptrdiff_t)ix * inputs,
                                layer->input_zero_point,
                                weights + ky * filter_row + (ptrdiff_t)kx * inputs, inputs);
          }
        }
        *output++ = integrad_finish(sum, o, &layer->stage);
      }
    }
  }
}

#endif
