/* Max unpooling: every value returns to the place its maximum came from. No kernel of CMSIS-NN or
 * TFLM does this; the definition is this library's. */
#ifndef INTEGRAD_QUANT_C_UNPOOL_H
#define INTEGRAD_QUANT_C_UNPOOL_H
#include "layout.h"
#include "winners.h"

typedef struct {
  integrad_dims input, output;        /* the pool's output and input; the same channels */
  integrad_window window_y, window_x; /* the pool's */
  int32_t zero_point;                 /* input and output share scale and zero point */
} integrad_unpool;

/* output = zero_point (the real 0) everywhere but at the winners:
 *     output[iy*sy + ky*dy - pad_y, ix*sx + kx*dx - pad_x, c] = input[iy,ix,c],
 * ky * kernel columns + kx = the winner of [iy,ix,c], as integrad_max_pool_rows wrote it. Where
 * windows overlap and several values meet, the last in reading order stays. A place outside the
 * output is skipped. */
static inline void integrad_unpool_rows(const integrad_unpool* layer, integrad_rows input,
                                        integrad_winner_rows winners, int8_t* output,
                                        int32_t row_begin, int32_t row_end) {
  const integrad_window wy = layer->window_y, wx = layer->window_x;
  const int32_t channels = layer->input.channels;
  const ptrdiff_t output_row = integrad_row_size(layer->output);
  const ptrdiff_t winner_row = integrad_winner_row_size(layer->input, wy, wx);
  const int32_t bits = integrad_winner_bits(wy, wx);
  const ptrdiff_t count = (row_end - row_begin) * output_row;
  for (ptrdiff_t i = 0; i < count; ++i) output[i] = (int8_t)layer->zero_point;

  const int32_t first_row = integrad_window_first_reaching(row_begin, wy);
  const int32_t last_row = integrad_window_last_reaching(row_end - 1, wy);

  for (int32_t iy = first_row; iy <= last_row && iy < layer->input.height; ++iy) {
    const int32_t start_y = integrad_window_start(iy, wy);
    const int8_t* values = integrad_row(input, iy, integrad_row_size(layer->input));
    const uint8_t* places = winners.packed + (iy - winners.first) * winner_row;
    for (int32_t ix = 0; ix < layer->input.width; ++ix) {
      const int32_t start_x = integrad_window_start(ix, wx);
      const ptrdiff_t point = (ptrdiff_t)ix * channels;
      for (int32_t c = 0; c < channels; ++c) {
        const int32_t place = integrad_winner(places, point + c, bits);
        const int32_t y = start_y + place / wx.kernel * wy.dilation;
        const int32_t x = start_x + place % wx.kernel * wx.dilation;
        if (y >= row_begin && y < row_end && x >= 0 && x < layer->output.width)
          output[(y - row_begin) * output_row + (ptrdiff_t)x * channels + c] = values[point + c];
      }
    }
  }
}

#endif
