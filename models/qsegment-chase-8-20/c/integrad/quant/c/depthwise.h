/* Depthwise convolution: every channel has filters of its own. Filter [1, kernel rows, kernel
 * columns, out channels]; out channels = in channels * multiplier, output channel c * multiplier +
 * m reads input channel c. */
#ifndef INTEGRAD_QUANT_C_DEPTHWISE_H
#define INTEGRAD_QUANT_C_DEPTHWISE_H
#include "layout.h"

typedef struct {
  integrad_dims input, output; /* output.channels is a multiple of input.channels */
  integrad_window window_y, window_x;
  int32_t input_zero_point;
  integrad_output_stage stage;
} integrad_depthwise;

/* Channels are summed side by side, this many at a time: it bounds the stack. */
enum { INTEGRAD_DEPTHWISE_LANES = 32 };

/* Adds one tap to the sums of `lanes` output channels that begin at channel `first`. */
static inline void integrad_depthwise_tap(const int8_t* point, int32_t zero_point,
                                          const int8_t* weight, int32_t multiplier, int32_t first,
                                          int32_t lanes, uint32_t* sums) {
  if (multiplier == 1) {
    for (int32_t i = 0; i < lanes; ++i)
      sums[i] += (uint32_t)((point[first + i] - zero_point) * weight[first + i]);
  } else {
    for (int32_t i = 0; i < lanes; ++i)
      sums[i] += (uint32_t)((point[(first + i) / multiplier] - zero_point) * weight[first + i]);
  }
}

/* output[oy,ox,o] = finish(bias[o] + sum over ky, kx of
 *     (input[oy*sy + ky*dy - pad_y, ox*sx + kx*dx - pad_x, o/multiplier] - zero_point) *
 * filter[ky,kx,o]) Points outside the image add nothing. `bias` may be null. TFLM:
 * reference_integer_ops::DepthwiseConvPerChannel; CMSIS-NN: arm_depthwise_conv_s8. */
static inline void integrad_depthwise_rows(const integrad_depthwise* layer, integrad_rows input,
                                           const int8_t* filter, const int32_t* bias,
                                           int8_t* output, int32_t row_begin, int32_t row_end) {
  const integrad_window wy = layer->window_y, wx = layer->window_x;
  const int32_t outputs = layer->output.channels;
  const int32_t multiplier = outputs / layer->input.channels;
  const ptrdiff_t input_row = integrad_row_size(layer->input);
  uint32_t sums[INTEGRAD_DEPTHWISE_LANES];

  for (int32_t oy = row_begin; oy < row_end; ++oy) {
    const int32_t start_y = integrad_window_start(oy, wy);
    const int32_t first_y = integrad_window_first_tap(start_y, wy);
    const int32_t end_y = integrad_window_end_tap(start_y, layer->input.height, wy);
    for (int32_t ox = 0; ox < layer->output.width; ++ox) {
      const int32_t start_x = integrad_window_start(ox, wx);
      const int32_t first_x = integrad_window_first_tap(start_x, wx);
      const int32_t end_x = integrad_window_end_tap(start_x, layer->input.width, wx);
      for (int32_t first = 0; first < outputs; first += INTEGRAD_DEPTHWISE_LANES) {
        const int32_t left = outputs - first;
        const int32_t lanes = left < INTEGRAD_DEPTHWISE_LANES ? left : INTEGRAD_DEPTHWISE_LANES;
        for (int32_t i = 0; i < lanes; ++i) sums[i] = bias != NULL ? (uint32_t)bias[first + i] : 0;
        for (int32_t ky = first_y; ky < end_y; ++ky) {
          const int8_t* row = integrad_row(input, start_y + ky * wy.dilation, input_row);
          for (int32_t kx = first_x; kx < end_x; ++kx) {
            const ptrdiff_t ix = start_x + (ptrdiff_t)kx * wx.dilation;
            integrad_depthwise_tap(row + ix * layer->input.channels, layer->input_zero_point,
                                   filter + ((ptrdiff_t)ky * wx.kernel + kx) * outputs, multiplier,
                                   first, lanes, sums);
          }
        }
        for (int32_t i = 0; i < lanes; ++i)
          *output++ = integrad_finish(sums[i], first + i, &layer->stage);
      }
    }
  }
}

#endif
