/* Max pooling with the DSP extension: the bytes of integrad_max_pool_rows. */
#ifndef INTEGRAD_QUANT_C_DSP_POOL_H
#define INTEGRAD_QUANT_C_DSP_POOL_H
#include "../pool.h"
#include "lanes.h"

/* The largest codes so far of four channels, and their places in the window, a byte each. */
typedef struct {
  uint32_t largest, place;
} integrad_pool_words;

/* Takes one point into account; a tie leaves the earlier place. */
static inline integrad_pool_words integrad_pool_point(integrad_pool_words best, uint32_t codes,
                                                      uint32_t place) {
  integrad_pool_words next;
  next.place = integrad_select_less(best.largest, codes, place, best.place);
  next.largest = integrad_select_less(best.largest, codes, codes, best.largest);
  return next;
}

/* The taps of a window that lie inside the image. */
typedef struct {
  const int8_t* codes; /* of tap [first_y, first_x] */
  int32_t first_y, end_y, first_x, end_x, kernel_x;
  ptrdiff_t column, row; /* codes from a tap to its neighbours */
} integrad_pool_window;

/* `count` <= 4 channels from `channel` on. */
INTEGRAD_NEVER_INLINE integrad_pool_words
integrad_pool_any_window(const integrad_pool_window* window, int32_t channel, int32_t count) {
  integrad_pool_words best;
  best.largest = integrad_repeat_code(INT8_MIN);
  best.place = integrad_repeat_code(window->first_y * window->kernel_x + window->first_x);
  for (int32_t ky = window->first_y; ky < window->end_y; ++ky) {
    const int8_t* codes = window->codes + (ky - window->first_y) * window->row + channel;
    for (int32_t kx = window->first_x; kx < window->end_x; ++kx, codes += window->column)
      best = integrad_pool_point(
          best, count == 4 ? integrad_load_word(codes) : integrad_load_part(codes, count),
          integrad_repeat_code(ky * window->kernel_x + kx));
  }
  return best;
}

/* Writes the places of `count` channels as winners index .. index + count - 1 of a row. */
static inline void integrad_store_places(uint8_t* winners, ptrdiff_t index, int32_t bits,
                                         uint32_t places, int32_t count) {
  for (int32_t i = 0; i < count; ++i)
    integrad_set_winner(winners, index + i, bits, (uint8_t)(places >> (8 * i)));
}

/* All channels of a window. */
INTEGRAD_NEVER_INLINE void integrad_pool_any_pixel(const integrad_pool_window* window,
                                                   const integrad_pool* layer, int8_t* output,
                                                   uint8_t* winners, int32_t ox) {
  const int32_t channels = layer->input.channels;
  const int32_t bits = integrad_winner_bits(layer->window_y, layer->window_x);
  for (int32_t c = 0; c < channels; c += 4) {
    const int32_t left = channels - c, count = left < 4 ? left : 4;
    const integrad_pool_words best = integrad_pool_any_window(window, c, count);
    const uint32_t codes = integrad_clamp_bytes(best.largest, integrad_repeat_code(layer->low),
                                                integrad_repeat_code(layer->high));
    for (int32_t i = 0; i < count; ++i) *output++ = (int8_t)(uint8_t)(codes >> (8 * i));
    if (winners != NULL)
      integrad_store_places(winners, (ptrdiff_t)ox * channels + c, bits, best.place, count);
  }
}

/* All channels, whole words of them, of a window of 2x2 points inside the image; four winners fill
 * a byte. */
INTEGRAD_NEVER_INLINE void integrad_pool_two_by_two(const integrad_pool_window* window,
                                                    const integrad_pool* layer, int8_t* output,
                                                    uint8_t* winners) {
  const uint32_t low = integrad_repeat_code(layer->low), high = integrad_repeat_code(layer->high);
  const int8_t* upper = window->codes;
  const int8_t* lower = window->codes + window->row;
  const ptrdiff_t column = window->column;
  for (const int8_t* end = upper + layer->input.channels; upper != end; upper += 4, lower += 4) {
    integrad_pool_words best;
    best.largest = integrad_load_word(upper);
    best.place = 0;
    best = integrad_pool_point(best, integrad_load_word(upper + column), 0x01010101u);
    best = integrad_pool_point(best, integrad_load_word(lower), 0x02020202u);
    best = integrad_pool_point(best, integrad_load_word(lower + column), 0x03030303u);
    integrad_store_word(output, integrad_clamp_bytes(best.largest, low, high));
    output += 4;
    if (winners != NULL) {
      const uint32_t pairs = best.place | best.place >> 6;
      *winners++ = (uint8_t)(pairs | pairs >> 12);
    }
  }
}

/* One output row. */
static inline void integrad_dsp_max_pool_row(const integrad_pool* layer, integrad_rows input,
                                             int8_t* output, uint8_t* winners, int32_t oy) {
  const integrad_window wy = layer->window_y, wx = layer->window_x;
  const int32_t channels = layer->input.channels;
  const ptrdiff_t row_size = integrad_row_size(layer->input);
  const int32_t start_y = integrad_window_start(oy, wy);
  integrad_pool_window window;
  window.kernel_x = wx.kernel;
  window.row = row_size * wy.dilation;
  window.column = (ptrdiff_t)channels * wx.dilation;
  window.first_y = integrad_window_first_tap(start_y, wy);
  window.end_y = integrad_window_end_tap(start_y, layer->input.height, wy);
  const int8_t* const row = integrad_row(input, start_y + window.first_y * wy.dilation, row_size);
  const int quick =
      wy.kernel == 2 && wx.kernel == 2 && window.end_y - window.first_y == 2 && channels % 4 == 0;
  for (int32_t ox = 0; ox < layer->output.width; ++ox, output += channels) {
    const int32_t start_x = integrad_window_start(ox, wx);
    window.first_x = integrad_window_first_tap(start_x, wx);
    window.end_x = integrad_window_end_tap(start_x, layer->input.width, wx);
    window.codes = row + (start_x + (ptrdiff_t)window.first_x * wx.dilation) * channels;
    if (quick && window.end_x - window.first_x == 2)
      integrad_pool_two_by_two(&window, layer, output,
                               winners == NULL ? NULL : winners + (ptrdiff_t)ox * channels / 4);
    else
      integrad_pool_any_pixel(&window, layer, output, winners, ox);
  }
}

/* integrad_max_pool_rows. */
static inline void integrad_dsp_max_pool_rows(const integrad_pool* layer, integrad_rows input,
                                              int8_t* output, uint8_t* winners, int32_t row_begin,
                                              int32_t row_end) {
  const ptrdiff_t winner_row =
      integrad_winner_row_size(layer->output, layer->window_y, layer->window_x);
  for (int32_t oy = row_begin; oy < row_end; ++oy) {
    integrad_dsp_max_pool_row(layer, input, output, winners, oy);
    output += integrad_row_size(layer->output);
    if (winners != NULL) winners += winner_row;
  }
}

#endif
