/* Pooling: a window's maximum or average, channel by channel. Input and output share scale and zero
 * point, so nothing is rescaled. Every window meets the image in at least one point. */
#ifndef INTEGRAD_QUANT_C_POOL_H
#define INTEGRAD_QUANT_C_POOL_H
#include "layout.h"
#include "winners.h"

typedef struct {
  integrad_dims input, output; /* the same channels */
  integrad_window window_y, window_x;
  int32_t low, high; /* clamp, within [-128, 127] */
} integrad_pool;

/* Channels are compared side by side, this many at a time: it bounds the stack. */
enum { INTEGRAD_POOL_LANES = 32 };

/* The largest codes so far of some channels, and their places in the window. */
typedef struct {
  int8_t largest[INTEGRAD_POOL_LANES];
  uint8_t place[INTEGRAD_POOL_LANES];
} integrad_pool_lanes;

/* Takes one point of the window into account; a tie leaves the earlier place. */
static inline void integrad_max_pool_tap(integrad_pool_lanes* best, const int8_t* point,
                                         uint8_t place, int32_t lanes) {
  for (int32_t i = 0; i < lanes; ++i) {
    const int larger = point[i] > best->largest[i];
    best->largest[i] = larger ? point[i] : best->largest[i];
    best->place[i] = larger ? place : best->place[i];
  }
}

/* output[oy,ox,c] = clamp(maximum of input over the window's points inside the image).
 * `winners`, when not null, receives the place of each maximum within its window, ky * kernel
 * columns
 * + kx (so the window has at most 256 points), packed as winners.h says; the first in reading order
 * wins, by the codes before the clamp. TFLM: reference_integer_ops::MaxPool; CMSIS-NN:
 * arm_max_pool_s8 (neither knows winners). */
static inline void integrad_max_pool_rows(const integrad_pool* layer, integrad_rows input,
                                          int8_t* output, uint8_t* winners, int32_t row_begin,
                                          int32_t row_end) {
  const integrad_window wy = layer->window_y, wx = layer->window_x;
  const int32_t channels = layer->input.channels;
  const ptrdiff_t input_row = integrad_row_size(layer->input);
  const int32_t bits = integrad_winner_bits(wy, wx);
  integrad_pool_lanes best;

  for (int32_t oy = row_begin; oy < row_end; ++oy) {
    const int32_t start_y = integrad_window_start(oy, wy);
    const int32_t first_y = integrad_window_first_tap(start_y, wy);
    const int32_t end_y = integrad_window_end_tap(start_y, layer->input.height, wy);
    for (int32_t ox = 0; ox < layer->output.width; ++ox) {
      const int32_t start_x = integrad_window_start(ox, wx);
      const int32_t first_x = integrad_window_first_tap(start_x, wx);
      const int32_t end_x = integrad_window_end_tap(start_x, layer->input.width, wx);
      for (int32_t first = 0; first < channels; first += INTEGRAD_POOL_LANES) {
        const int32_t left = channels - first;
        const int32_t lanes = left < INTEGRAD_POOL_LANES ? left : INTEGRAD_POOL_LANES;
        /* Nothing is below -128, so a window of -128 only keeps its first point. */
        for (int32_t i = 0; i < lanes; ++i) {
          best.largest[i] = INT8_MIN;
          best.place[i] = (uint8_t)(first_y * wx.kernel + first_x);
        }
        for (int32_t ky = first_y; ky < end_y; ++ky) {
          const int8_t* row = integrad_row(input, start_y + ky * wy.dilation, input_row) + first;
          for (int32_t kx = first_x; kx < end_x; ++kx)
            integrad_max_pool_tap(&best, row + (start_x + (ptrdiff_t)kx * wx.dilation) * channels,
                                  (uint8_t)(ky * wx.kernel + kx), lanes);
        }
        for (int32_t i = 0; i < lanes; ++i) {
          *output++ = (int8_t)integrad_clamp(best.largest[i], layer->low, layer->high);
          if (winners != NULL)
            integrad_set_winner(winners, (ptrdiff_t)ox * channels + first + i, bits, best.place[i]);
        }
      }
    }
    if (winners != NULL) winners += integrad_winner_row_size(layer->output, wy, wx);
  }
}

/* output[oy,ox,c] = clamp(rounded average of input over the window's points inside the image):
 * codes are averaged as they are, the zero point needs no care. TFLM:
 * reference_integer_ops::AveragePool; CMSIS-NN: arm_avgpool_s8. */
static inline void integrad_average_pool_rows(const integrad_pool* layer, integrad_rows input,
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
          const int8_t* row = integrad_row(input, start_y + ky * wy.dilation, input_row);
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
