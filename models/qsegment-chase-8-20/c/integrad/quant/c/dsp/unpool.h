/* Max unpooling with the DSP extension: the bytes of integrad_unpool_rows. */
#ifndef INTEGRAD_QUANT_C_DSP_UNPOOL_H
#define INTEGRAD_QUANT_C_DSP_UNPOOL_H
#include "../unpool.h"
#include "lanes.h"

static inline int integrad_window_halves(integrad_window w) {
  return w.kernel == 2 && w.stride == 2 && w.dilation == 1 && w.pad_before == 0;
}

/* Byte by byte: value where place is `wanted`, else otherwise. */
static inline uint32_t integrad_select_place(uint32_t places, uint32_t wanted, uint32_t value,
                                             uint32_t otherwise) {
  const uint32_t differs = places ^ wanted; /* 0 to 3 in every byte */
  return integrad_select_less(0, differs, otherwise, value);
}

/* integrad_unpool_rows. Where windows of 2x2 points lie side by side every output row is written
 * once, four channels at a time; other layers take the portable way. */
static inline void integrad_dsp_unpool_rows(const integrad_unpool* layer, integrad_rows input,
                                            integrad_winner_rows winners, int8_t* output,
                                            int32_t row_begin, int32_t row_end) {
  const int32_t channels = layer->input.channels;
  const uint32_t zero = integrad_repeat_code(layer->zero_point);
  if (!integrad_window_halves(layer->window_y) || !integrad_window_halves(layer->window_x) ||
      channels % 4 != 0 || layer->output.width != 2 * layer->input.width ||
      layer->output.height != 2 * layer->input.height) {
    integrad_unpool_rows(layer, input, winners, output, row_begin, row_end);
    return;
  }
  const ptrdiff_t input_row = integrad_row_size(layer->input);
  for (int32_t oy = row_begin; oy < row_end; ++oy) {
    const int8_t* values = integrad_row(input, oy / 2, input_row);
    const uint8_t* places = winners.packed + (oy / 2 - winners.first) * (input_row / 4);
    const uint32_t left = oy % 2 == 0 ? 0 : 0x02020202u; /* places of this row's points */
    const uint32_t right = left + 0x01010101u;
    for (int32_t ix = 0; ix < layer->input.width; ++ix, output += channels)
      for (const int8_t* end = values + channels; values != end; values += 4, output += 4) {
        const uint32_t value = integrad_load_word(values), packed = *places++;
        const uint32_t pairs = packed | packed << 12;
        const uint32_t each = (pairs | pairs << 6) & 0x03030303u;
        integrad_store_word(output, integrad_select_place(each, left, value, zero));
        integrad_store_word(output + channels, integrad_select_place(each, right, value, zero));
      }
  }
}

#endif
