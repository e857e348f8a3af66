/* Convolution with the DSP extension: the bytes of integrad_conv_rows. */
#ifndef INTEGRAD_QUANT_C_DSP_CONV_H
#define INTEGRAD_QUANT_C_DSP_CONV_H
#include "columns.h"
#include "finish.h"

/* Output channels whose sums are kept between parts of a window: it bounds the stack. */
enum { INTEGRAD_CONV_CHANNELS = 32 };

/* Adds the products of four codes of four pixels with the same four weights. */
INTEGRAD_ALWAYS_INLINE void integrad_multiply_columns(const uint32_t** codes, uint32_t weights,
                                                      integrad_four* sums) {
  const uint32_t even = integrad_even_bytes(weights), odd = integrad_odd_bytes(weights);
  const integrad_word_pair pixel0 = integrad_load_pair(codes);
  sums->v0 = integrad_multiply_halves(pixel0.first, even, sums->v0);
  sums->v0 = integrad_multiply_halves(pixel0.second, odd, sums->v0);
  const integrad_word_pair pixel1 = integrad_load_pair(codes);
  sums->v1 = integrad_multiply_halves(pixel1.first, even, sums->v1);
  sums->v1 = integrad_multiply_halves(pixel1.second, odd, sums->v1);
  const integrad_word_pair pixel2 = integrad_load_pair(codes);
  sums->v2 = integrad_multiply_halves(pixel2.first, even, sums->v2);
  sums->v2 = integrad_multiply_halves(pixel2.second, odd, sums->v2);
  const integrad_word_pair pixel3 = integrad_load_pair(codes);
  sums->v3 = integrad_multiply_halves(pixel3.first, even, sums->v3);
  sums->v3 = integrad_multiply_halves(pixel3.second, odd, sums->v3);
}

/* Adds the dot products of `count` weights with four pixels. */
INTEGRAD_ALWAYS_INLINE integrad_four integrad_dot_columns(const integrad_columns* columns,
                                                          const int8_t* weights, int32_t count,
                                                          integrad_four sums) {
  const uint32_t* codes = columns->words[0][0];
  for (const int8_t* end = weights + (count & -8); weights != end; weights += 8) {
    integrad_multiply_columns(&codes, integrad_load_word(weights), &sums);
    integrad_multiply_columns(&codes, integrad_load_word(weights + 4), &sums);
  }
  if (count & 4) {
    integrad_multiply_columns(&codes, integrad_load_word(weights), &sums);
    weights += 4;
  }
  if (count & 3) integrad_multiply_columns(&codes, integrad_load_part(weights, count & 3), &sums);
  return sums;
}

/* Where the codes of four pixels go. */
typedef struct {
  int8_t* first;
  ptrdiff_t step; /* from a pixel to the next */
  int32_t pixels; /* that exist, 1 to 4 */
} integrad_conv_place;

INTEGRAD_ALWAYS_INLINE void integrad_store_four(integrad_four codes,
                                                const integrad_conv_place* place, int32_t channel) {
  int8_t* const to = place->first + channel;
  to[0] = (int8_t)codes.v0;
  if (place->pixels == 4) {
    to[place->step] = (int8_t)codes.v1;
    to[2 * place->step] = (int8_t)codes.v2;
    to[3 * place->step] = (int8_t)codes.v3;
  } else {
    if (place->pixels > 1) to[place->step] = (int8_t)codes.v1;
    if (place->pixels > 2) to[2 * place->step] = (int8_t)codes.v2;
  }
}

/* Output channels begin .. end - 1 of four pixels whose whole windows are in the columns. */
INTEGRAD_NEVER_INLINE void integrad_conv_whole(const integrad_columns* columns, int32_t depth,
                                               const int8_t* filter, const int32_t* folded_bias,
                                               const integrad_output_stage* stage, int32_t begin,
                                               int32_t end, integrad_conv_place place) {
  const integrad_scale* scale = stage->scales + (ptrdiff_t)begin * stage->scale_step;
  const int8_t* weights = filter + (ptrdiff_t)begin * depth;
  for (int32_t o = begin; o < end; ++o, weights += depth, scale += stage->scale_step) {
    integrad_four sums;
    sums.v0 = sums.v1 = sums.v2 = sums.v3 = (uint32_t)folded_bias[o];
    sums = integrad_dot_columns(columns, weights, depth, sums);
    integrad_finish_four(&sums, scale, stage);
    integrad_store_four(sums, &place, o);
  }
}

/* A part of the windows of four pixels: codes begin .. begin + count - 1 of `depth`. */
typedef struct {
  int32_t begin, count, depth;
} integrad_conv_part;

/* The same where the columns hold only a part: the sums of channel o are kept in kept[o - begin]
 * until the last one. */
INTEGRAD_NEVER_INLINE void integrad_conv_partial(const integrad_columns* columns,
                                                 integrad_conv_part part, const int8_t* filter,
                                                 const int32_t* folded_bias,
                                                 const integrad_output_stage* stage, int32_t begin,
                                                 int32_t end, integrad_conv_place place,
                                                 integrad_four* kept) {
  const integrad_scale* scale = stage->scales + (ptrdiff_t)begin * stage->scale_step;
  const int8_t* weights = filter + (ptrdiff_t)begin * part.depth + part.begin;
  const int last = part.begin + part.count == part.depth;
  for (int32_t o = begin; o < end; ++o, ++kept, weights += part.depth, scale += stage->scale_step) {
    integrad_four sums;
    if (part.begin == 0)
      sums.v0 = sums.v1 = sums.v2 = sums.v3 = (uint32_t)folded_bias[o];
    else
      sums = *kept;
    sums = integrad_dot_columns(columns, weights, part.count, sums);
    if (last) {
      integrad_finish_four(&sums, scale, stage);
      integrad_store_four(sums, &place, o);
    } else {
      *kept = sums;
    }
  }
}

/* Output channels begin .. end - 1, all of one group, of the output pixels from [oy, ox] on. */
static inline void integrad_conv_pixels(const integrad_runs* runs, const int8_t* filter,
                                        const int32_t* folded_bias, int32_t oy, int32_t ox,
                                        int32_t begin, int32_t end, integrad_conv_place place) {
  const integrad_output_stage* stage = &runs->layer->stage;
  integrad_columns columns;
  integrad_conv_part part;
  part.depth = integrad_window_depth(runs);
  if (part.depth <= INTEGRAD_COLUMN_DEPTH) {
    integrad_unpack_pixels(runs, oy, ox, place.pixels, 0, part.depth, &columns);
    integrad_conv_whole(&columns, part.depth, filter, folded_bias, stage, begin, end, place);
    return;
  }
  for (; begin < end; begin += INTEGRAD_CONV_CHANNELS) {
    const int32_t left = end - begin;
    const int32_t part_end = left < INTEGRAD_CONV_CHANNELS ? end : begin + INTEGRAD_CONV_CHANNELS;
    integrad_four kept[INTEGRAD_CONV_CHANNELS];
    for (part.begin = 0; part.begin < part.depth; part.begin += INTEGRAD_COLUMN_DEPTH) {
      const int32_t rest = part.depth - part.begin;
      part.count = rest < INTEGRAD_COLUMN_DEPTH ? rest : INTEGRAD_COLUMN_DEPTH;
      integrad_unpack_pixels(runs, oy, ox, place.pixels, part.begin, part.count, &columns);
      integrad_conv_partial(&columns, part, filter, folded_bias, stage, begin, part_end, place,
                            kept);
    }
  }
}

/* integrad_conv_rows with a folded bias per output channel instead of the bias: what is left of it
 * once the input's zero point is multiplied out, bias[o] - zero_point * (sum of the weights of o),
 * modulo 2^32. Never null. */
static inline void integrad_dsp_conv_rows(const integrad_conv* layer, integrad_rows input,
                                          const int8_t* filter, const int32_t* folded_bias,
                                          int8_t* output, int32_t row_begin, int32_t row_end) {
  const int32_t group_outputs = layer->output.channels / layer->groups;
  integrad_runs runs = integrad_find_runs(layer, input);
  integrad_conv_place place;
  place.first = output;
  place.step = layer->output.channels;
  int32_t oy = row_begin, ox = 0;
  while (oy < row_end) {
    const ptrdiff_t left = (ptrdiff_t)(row_end - oy) * layer->output.width - ox;
    place.pixels = left < 4 ? (int32_t)left : 4;
    for (int32_t group = 0; group < layer->groups; ++group) {
      runs.channel = group * runs.tap_size;
      integrad_conv_pixels(&runs, filter, folded_bias, oy, ox, group * group_outputs,
                           (group + 1) * group_outputs, place);
    }
    place.first += place.pixels * place.step;
    for (ox += place.pixels; ox >= layer->output.width; ox -= layer->output.width) ++oy;
  }
}

#endif
