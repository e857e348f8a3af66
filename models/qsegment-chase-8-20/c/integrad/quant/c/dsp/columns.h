/* The codes under the windows of four output pixels, unpacked for multiplication: what the dot
 * product of a filter with four pixels at once reads. Unpacking once serves all output channels. */
#ifndef INTEGRAD_QUANT_C_DSP_COLUMNS_H
#define INTEGRAD_QUANT_C_DSP_COLUMNS_H
#include "../conv.h"
#include "lanes.h"

/* Codes of a window that are unpacked together: it bounds the stack. A multiple of 4. */
enum { INTEGRAD_COLUMN_DEPTH = 144 };

/* words[g][p] holds codes 4g .. 4g + 3 of pixel p, as integrad_even_bytes and integrad_odd_bytes
 * give them. */
typedef struct {
  uint32_t words[INTEGRAD_COLUMN_DEPTH / 4][4][2];
} integrad_columns;

/* The windows of a layer as they lie in memory. A run is a part of a filter whose codes lie side by
 * side in the image too: a row of taps, or one tap where groups or dilation part them. */
typedef struct {
  const integrad_conv* layer;
  integrad_rows input;
  ptrdiff_t row_size;           /* codes of an input row */
  ptrdiff_t next_row, next_run; /* codes from a run to the one below, and to that on its right */
  int32_t channel;              /* first input channel of the group */
  int32_t per_row;              /* runs of a filter row */
  int32_t tap_size, run_length; /* codes of one tap, of one run */
} integrad_runs;

/* For the first group. */
static inline integrad_runs integrad_find_runs(const integrad_conv* layer, integrad_rows input) {
  const int joined = layer->groups == 1 && layer->window_x.dilation == 1;
  integrad_runs runs;
  runs.layer = layer;
  runs.input = input;
  runs.row_size = integrad_row_size(layer->input);
  runs.next_row = runs.row_size * layer->window_y.dilation;
  runs.next_run = (ptrdiff_t)layer->input.channels * layer->window_x.dilation;
  runs.channel = 0;
  runs.per_row = joined ? 1 : layer->window_x.kernel;
  runs.tap_size = layer->input.channels / layer->groups;
  runs.run_length = joined ? layer->window_x.kernel * runs.tap_size : runs.tap_size;
  return runs;
}

/* Codes of a whole window. */
static inline int32_t integrad_window_depth(const integrad_runs* runs) {
  return runs->layer->window_y.kernel * runs->per_row * runs->run_length;
}

/* Unpacks four codes; returns where the next four of the same pixel go. */
static inline uint32_t* integrad_unpack_word(uint32_t* words, uint32_t codes) {
  words[0] = integrad_even_bytes(codes);
  words[1] = integrad_odd_bytes(codes);
  return words + 8;
}

INTEGRAD_ALWAYS_INLINE uint32_t* integrad_unpack(uint32_t* words, const int8_t* codes,
                                                 int32_t count) {
  const int8_t* const end = codes + count;
  if (count & 4) {
    words = integrad_unpack_word(words, integrad_load_word(codes));
    codes += 4;
  }
  for (; codes != end; codes += 8) {
    words = integrad_unpack_word(words, integrad_load_word(codes));
    words = integrad_unpack_word(words, integrad_load_word(codes + 4));
  }
  return words;
}

/* Copies; the last word of four or more codes may repeat some that are there already. */
static inline void integrad_stage_codes(int8_t* to, const int8_t* from, int32_t count) {
  if (count >= 4) {
    for (int32_t i = 0; i + 4 < count; i += 4)
      integrad_store_word(to + i, integrad_load_word(from + i));
    integrad_store_word(to + count - 4, integrad_load_word(from + count - 4));
  } else {
    to[0] = from[0];
    if (count > 1) to[1] = from[1];
    if (count > 2) to[2] = from[2];
  }
}

/* Where the codes of a pixel go: straight into its words where the taps are whole words, else
 * to `bytes` first. */
typedef struct {
  uint32_t* words;
  int8_t* bytes; /* null: unpack at once */
} integrad_column_sink;

static inline void integrad_put_codes(integrad_column_sink* sink, const int8_t* codes,
                                      int32_t count) {
  if (sink->bytes == NULL) {
    sink->words = integrad_unpack(sink->words, codes, count);
  } else if (count > 0) {
    integrad_stage_codes(sink->bytes, codes, count);
    sink->bytes += count;
  }
}

static inline void integrad_put_zeros(integrad_column_sink* sink, int32_t zero_point,
                                      int32_t count) {
  if (sink->bytes == NULL) {
    for (; count > 0; count -= 4)
      sink->words = integrad_unpack_word(sink->words, integrad_repeat_code(zero_point));
  } else {
    for (; count > 0; --count) *sink->bytes++ = (int8_t)zero_point;
  }
}

/* Codes begin .. begin + count - 1 of a window inside the image whose first code is *codes. */
INTEGRAD_NEVER_INLINE void integrad_put_inner_window(const integrad_runs* runs, const int8_t* codes,
                                                     int32_t begin, int32_t count,
                                                     integrad_column_sink* sink) {
  int32_t offset = 0, kx = 0;
  if (begin > 0) {
    const int32_t run = begin / runs->run_length;
    offset = begin % runs->run_length;
    kx = run % runs->per_row;
    codes += run / runs->per_row * runs->next_row;
  }
  while (count > 0) {
    const int32_t rest = runs->run_length - offset, length = rest < count ? rest : count;
    integrad_put_codes(sink, codes + kx * runs->next_run + offset, length);
    offset = 0;
    count -= length;
    if (++kx == runs->per_row) {
      codes += runs->next_row;
      kx = 0;
    }
  }
}

/* The same for a window that starts at input position [start_y, start_x] and leaves the image:
 * points outside become the zero point, which adds nothing to a sum that begins with a folded
 * bias. */
INTEGRAD_NEVER_INLINE void integrad_put_outer_window(const integrad_runs* runs, int32_t start_y,
                                                     int32_t start_x, int32_t begin, int32_t count,
                                                     integrad_column_sink* sink) {
  const integrad_window wy = runs->layer->window_y, wx = runs->layer->window_x;
  const integrad_dims dims = runs->layer->input;
  const int32_t zero_point = runs->layer->input_zero_point;
  const int32_t first_x = integrad_window_first_tap(start_x, wx);
  const int32_t end_x = integrad_window_end_tap(start_x, dims.width, wx);

  int32_t run = begin / runs->run_length, offset = begin % runs->run_length;
  for (int32_t left = count; left > 0; ++run, offset = 0) {
    const int32_t ky = run / runs->per_row, kx = run % runs->per_row;
    const int32_t iy = start_y + ky * wy.dilation, ix = start_x + kx * wx.dilation;
    /* Of this run, codes offset .. end - 1 are asked for, and low .. high - 1 lie in the image. */
    const int32_t end = runs->run_length - offset < left ? runs->run_length : offset + left;
    const int32_t low = integrad_clamp((first_x - kx) * runs->tap_size, offset, end);
    const int32_t high =
        iy < 0 || iy >= dims.height ? low : integrad_clamp((end_x - kx) * runs->tap_size, low, end);
    integrad_put_zeros(sink, zero_point, low - offset);
    if (high > low)
      integrad_put_codes(sink,
                         integrad_row(runs->input, iy, runs->row_size) +
                             ((ptrdiff_t)ix * dims.channels + runs->channel + low),
                         high - low);
    integrad_put_zeros(sink, zero_point, end - high);
    left -= end - offset;
  }
}

/* Unpacks codes begin .. begin + count - 1 of the windows of `pixels` <= 4 output pixels that
 * follow each other from [oy, ox] on. The columns of missing pixels repeat the last one. */
INTEGRAD_NEVER_INLINE void integrad_unpack_pixels(const integrad_runs* runs, int32_t oy, int32_t ox,
                                                  int32_t pixels, int32_t begin, int32_t count,
                                                  integrad_columns* columns) {
  const integrad_conv* layer = runs->layer;
  const int32_t last_y = layer->input.height - integrad_window_extent(layer->window_y);
  const int32_t last_x = layer->input.width - integrad_window_extent(layer->window_x);
  int8_t staged[INTEGRAD_COLUMN_DEPTH];

  for (int32_t pixel = 0; pixel < 4; ++pixel) {
    const int32_t start_y = integrad_window_start(oy, layer->window_y);
    const int32_t start_x = integrad_window_start(ox, layer->window_x);
    integrad_column_sink sink;
    sink.words = columns->words[0][pixel];
    sink.bytes = runs->tap_size % 4 == 0 ? NULL : staged;
    integrad_store_word(staged + (count - 1) / 4 * 4, 0); /* what the codes do not fill */
    if (start_y >= 0 && start_y <= last_y && start_x >= 0 && start_x <= last_x)
      integrad_put_inner_window(runs,
                                integrad_row(runs->input, start_y, runs->row_size) +
                                    (ptrdiff_t)start_x * layer->input.channels + runs->channel,
                                begin, count, &sink);
    else
      integrad_put_outer_window(runs, start_y, start_x, begin, count, &sink);
    if (sink.bytes != NULL) integrad_unpack(sink.words, staged, (count + 3) / 4 * 4);
    if (pixel + 1 < pixels && ++ox == layer->output.width) ++oy, ox = 0;
  }
}

#endif
