/* Pooling: a window's maximum or average, channel by channel. Input and output share scale and zero
 * point, so nothing is rescaled. Every window meets the image in at least one point. */
#ifndef INTEGRAD_QUANT_C_POOL_H
#define INTEGRAD_QUANT_C_POOL_H
#include "layout.h"

typedef struct {
  integrad_dims input, output; /* the same channels */
  integrad_window window_y, window_x;
  int32_t low, high; /* clamp, within [-128, 127] */
} integrad_pool;

/* output[oy,ox,c] = clamp(maximum of input over the window's points inside the image).
 * `winners`, when not null, lies like `output` and receives the place of the maximum within its
 * window, ky * kernel columns + kx (so the window has at most 256 points); the first in reading
 * order wins, by the codes before the clamp. TFLM: reference_integer_ops::MaxPool; CMSIS-NN:
 * arm_max_pool_s8 (neither knows winners). */
static inline void integrad_max_pool_rows(const integrad_pool* layer, const int8_t* input,
                                          int8_t* output, uint8_t* winners, int32_t row_begin,
                                          int32_t row_end) {
  const integrad_window wy = layer->window_y, wx = layer->window_x;
  const int32_t channels = layer->input.channels;
  const ptrdiff_t input_row = integrad_row_size(layer->input);

  for (int32_t oy = row_begin; oy < row_end; ++oy) {
    const int32_t start_y = integrad_window_start(oy, wy);
    const int32_t first_y = integrad_window_first_tap(start_y, wy);
    const int32_t end_y = integrad_window_end_tap(start_y, layer->input.height, wy);
    for (int32_t ox = 0; ox < layer->output.width; ++ox) {
      const int32_t start_x = integrad_window_start(ox, wx);
      const int32_t first_x = integrad_window_first_tap(start_x, wx);
      const int32_t end_x = integrad_window_end_tap(start_x, layer->input.width, wx);
      for (int32_t ky = first_y; ky < end_y; ++ky) {
        const int8_t* row = input + (start_y + (ptrdiff_t)ky * wy.dilation) * input_row;
        for (int32_t kx = first_x; kx < end_x; ++kx) {
          const int8_t* point = row + (start_x + (ptrdiff_t)kx * wx.dilation) * channels;
          const uint8_t place = (uint8_t)(ky * wx.kernel + kx);
          const int opens = ky == first_y && kx == first_x;
          if (winners != NULL) {
            for (int32_t c = 0; c < channels; ++c)
              winners[c] = opens || point[c] > output[c] ? place : winners[c];
          }
          for (int32_t c = 0; c < channels; ++c)
            output[c] = opens || point[c] > output[c] ? point[c] : output[c];
        }
      }
      for (int32_t c = 0; c < channels; ++c)
        output[c] = (int8_t)integrad_clamp(output[c], layer->low, layer->high);
      output += channels;
      if (winners != NULL) winners += channels;
    }
  }
}

/* output[oy,ox,c] = clamp(rounded average of input over the window's points inside the image):
 * codes are averaged as they are, the zero point needs no care. TFLM:
 * reference_integer_ops::AveragePool; CMSIS-NN: arm_avgpool_s8. */
static inline void integrad_average_pool_rows(const integrad_pool* layer, const int8_t* input,
                                              int8_t* output, int32_t row_begin, int32_t row_end) {
  const integrad_window wy = layer->window_y, wx = layer->window_x;
  const int32_t channels = layer->input.channels;
  const ptrdiff_t input_row = integrad_row_size(layer->input);

  for (int32_t oy = row_begin; oy < row_end; ++oy) {
    const int32_t start_y = integrad_window_start(oy, wy);
    const int32_t first_y = integrad_window_first_tap(start_y, wy);
    const int32_t end_y = integrad_window_end_tap(start_y, layer->input.height, wy);
    for (int32_t ox = 0; ox < layer->output.width; ++ox) {
      const int32_t start_x = integrad_window_start(ox, wx);
      const int32_t first_x = integrad_window_first_tap(start_x, wx);
      const int32_t end_x = integrad_window_end_tap(start_x, layer->input.width, wx);
      const int32_t count = (end_y - first_y) * (end_x - first_x);
      for (int32_t c = 0; c < channels; ++c) {
        int32_t sum = 0;
        for (int32_t ky = first_y; ky < end_y; ++ky) {
          const int8_t* row = input + (start_y + (ptrdiff_t)ky * wy.dilation) * input_row;
          for (int32_t kx = first_x; kx < end_x; ++kx)
            sum += row[(start_x + (ptrdiff_t)kx * wx.dilation) * channels + c];
        }
        *output++ =
            (int8_t)integrad_clamp(integrad_rounded_average(sum, count), layer->low, layer->high);
      }
    }
  }
}

#endif
