/* Depthwise convolution with the DSP extension: the bytes of integrad_depthwise_rows. */
#ifndef INTEGRAD_QUANT_C_DSP_DEPTHWISE_H
#define INTEGRAD_QUANT_C_DSP_DEPTHWISE_H
#include "../depthwise.h"
#include "finish.h"
#include "lanes.h"

/* Taps whose weights are unpacked at once, for four channels: it bounds the stack. Layers with more
 * take the way of single channels. */
enum { INTEGRAD_DEPTHWISE_TAPS = 25 };

/* A layer's call. */
typedef struct {
  const integrad_depthwise* layer;
  integrad_rows input;
  const int8_t* filter;
  const int32_t* folded_bias;
  int8_t* output;
  int32_t row_begin, row_end;
} integrad_depthwise_call;

/* The taps of four neighbouring channels, ready for multiplication. */
typedef struct {
  uint32_t weights[INTEGRAD_DEPTHWISE_TAPS][2]; /* even and odd bytes */
  integrad_channel_scales scales;
  integrad_four bias;
} integrad_depthwise_lanes;

/* Four channels of one point times their weights. */
INTEGRAD_ALWAYS_INLINE void integrad_multiply_lanes(uint32_t codes, const uint32_t** weights,
                                                    integrad_four* sums) {
  const integrad_word_pair pair = integrad_load_pair(weights);
  const uint32_t even = integrad_even_bytes(codes), odd = integrad_odd_bytes(codes);
  sums->v0 = integrad_multiply_half0(even, pair.first, sums->v0);
  sums->v1 = integrad_multiply_half0(odd, pair.second, sums->v1);
  sums->v2 = integrad_multiply_half1(even, pair.first, sums->v2);
  sums->v3 = integrad_multiply_half1(odd, pair.second, sums->v3);
}

/* Multiplies four channels of a window inside the image, whose first code is *codes, with the
 * weights up to `end`; `column` and `row` are the codes from a tap to its neighbours. */
INTEGRAD_ALWAYS_INLINE void integrad_multiply_inner(const int8_t* codes, ptrdiff_t column,
                                                    ptrdiff_t row, int32_t kernel_x,
                                                    const uint32_t* weights, const uint32_t* end,
                                                    integrad_four* sums) {
  if (kernel_x == 3) {
    for (; weights != end; codes += row) {
      integrad_multiply_lanes(integrad_load_word(codes), &weights, sums);
      integrad_multiply_lanes(integrad_load_word(codes + column), &weights, sums);
      integrad_multiply_lanes(integrad_load_word(codes + 2 * column), &weights, sums);
    }
  } else {
    for (; weights != end; codes += row) {
      const int8_t* tap = codes;
      for (int32_t kx = 0; kx < kernel_x; ++kx, tap += column)
        integrad_multiply_lanes(integrad_load_word(tap), &weights, sums);
    }
  }
}

/* The same for a window that starts at input position [start_y, start_x] and leaves the image:
 * points outside count as the zero point, which adds nothing to a sum that begins with a folded
 * bias. */
INTEGRAD_NEVER_INLINE void integrad_multiply_outer(const integrad_depthwise_call* call,
                                                   int32_t start_y, int32_t start_x,
                                                   int32_t channel, const uint32_t* weights,
                                                   integrad_four* result) {
  const integrad_window wy = call->layer->window_y, wx = call->layer->window_x;
  const integrad_dims dims = call->layer->input;
  const ptrdiff_t row_size = integrad_row_size(dims);
  const ptrdiff_t column = (ptrdiff_t)dims.channels * wx.dilation;
  const uint32_t zeros = integrad_repeat_code(call->layer->input_zero_point);
  const int32_t first_x = integrad_window_first_tap(start_x, wx);
  const int32_t end_x = integrad_window_end_tap(start_x, dims.width, wx);
  integrad_four sums = *result;
  int32_t iy = start_y;
  for (int32_t rows = wy.kernel; rows > 0; --rows, iy += wy.dilation) {
    int32_t kx = 0;
    if (iy >= 0 && iy < dims.height && first_x < end_x) {
      const int8_t* tap = integrad_row(call->input, iy, row_size) + channel +
                          (ptrdiff_t)(start_x + first_x * wx.dilation) * dims.channels;
      for (; kx < first_x; ++kx) integrad_multiply_lanes(zeros, &weights, &sums);
      for (; kx < end_x; ++kx, tap += column)
        integrad_multiply_lanes(integrad_load_word(tap), &weights, &sums);
    }
    for (; kx < wx.kernel; ++kx) integrad_multiply_lanes(zeros, &weights, &sums);
  }
  *result = sums;
}

static inline void integrad_prepare_lanes(const integrad_depthwise_call* call, int32_t channel,
                                          integrad_depthwise_lanes* lanes) {
  const integrad_depthwise* layer = call->layer;
  const int32_t taps = layer->window_y.kernel * layer->window_x.kernel;
  const int8_t* weights = call->filter + channel;
  for (int32_t tap = 0; tap < taps; ++tap, weights += layer->output.channels) {
    const uint32_t word = integrad_load_word(weights);
    lanes->weights[tap][0] = integrad_even_bytes(word);
    lanes->weights[tap][1] = integrad_odd_bytes(word);
  }
  lanes->scales = integrad_find_channel_scales(&layer->stage, channel);
  lanes->bias.v0 = (uint32_t)call->folded_bias[channel];
  lanes->bias.v1 = (uint32_t)call->folded_bias[channel + 1];
  lanes->bias.v2 = (uint32_t)call->folded_bias[channel + 2];
  lanes->bias.v3 = (uint32_t)call->folded_bias[channel + 3];
}

/* Channels channel .. channel + 3 of one output row; every channel has one filter. */
INTEGRAD_NEVER_INLINE void integrad_depthwise_lanes_row(const integrad_depthwise_call* call,
                                                        const integrad_depthwise_lanes* lanes,
                                                        int32_t channel, int32_t oy,
                                                        int8_t* output) {
  const integrad_depthwise* layer = call->layer;
  const integrad_window wy = layer->window_y, wx = layer->window_x;
  const ptrdiff_t pixel = layer->input.channels, row_size = integrad_row_size(layer->input);
  const uint32_t* const weights = lanes->weights[0];
  const uint32_t* const end = lanes->weights[wy.kernel * wx.kernel];
  const int32_t start_y = integrad_window_start(oy, wy);
  const int32_t last_x = layer->input.width - integrad_window_extent(wx);
  const int rows_inside =
      start_y >= 0 && start_y + integrad_window_extent(wy) <= layer->input.height;
  const int8_t* const row =
      rows_inside ? integrad_row(call->input, start_y, row_size) + channel : NULL;
  int32_t start_x = integrad_window_start(0, wx);
  for (int32_t left = layer->output.width; left > 0; --left, start_x += wx.stride) {
    integrad_four sums = lanes->bias;
    if (rows_inside && start_x >= 0 && start_x <= last_x) {
      integrad_multiply_inner(row + start_x * pixel, pixel * wx.dilation, row_size * wy.dilation,
                              wx.kernel, weights, end, &sums);
    } else {
      integrad_four at_border = sums;
      integrad_multiply_outer(call, start_y, start_x, channel, weights, &at_border);
      sums = at_border;
    }
    integrad_finish_channels(&sums, &lanes->scales, &layer->stage);
    output[0] = (int8_t)sums.v0;
    output[1] = (int8_t)sums.v1;
    output[2] = (int8_t)sums.v2;
    output[3] = (int8_t)sums.v3;
    output += layer->output.channels;
  }
}

/* One output code of any layer: of channels that fill no word, and where a channel has several
 * filters. */
INTEGRAD_NEVER_INLINE int8_t integrad_depthwise_single(const integrad_depthwise_call* call,
                                                       int32_t oy, int32_t ox, int32_t channel) {
  const integrad_depthwise* layer = call->layer;
  const integrad_dims dims = layer->input;
  const int32_t multiplier = layer->output.channels / dims.channels;
  const int8_t* weight = call->filter + channel;
  uint32_t sum = (uint32_t)call->folded_bias[channel];
  for (int32_t ky = 0; ky < layer->window_y.kernel; ++ky) {
    const int32_t iy = integrad_window_start(oy, layer->window_y) + ky * layer->window_y.dilation;
    for (int32_t kx = 0; kx < layer->window_x.kernel; ++kx, weight += layer->output.channels) {
      const int32_t ix = integrad_window_start(ox, layer->window_x) + kx * layer->window_x.dilation;
      const int inside = iy >= 0 && iy < dims.height && ix >= 0 && ix < dims.width;
      const int32_t code =
          inside
              ? integrad_row(
                    call->input, iy,
                    integrad_row_size(dims))[(ptrdiff_t)ix * dims.channels + channel / multiplier]
              : layer->input_zero_point;
      sum += (uint32_t)(code * *weight);
    }
  }
  return integrad_finish(sum, channel, &layer->stage);
}

/* integrad_depthwise_rows with a folded bias per output channel instead of the bias, as in
 * integrad_dsp_conv_rows: bias[o] - zero_point * (sum of the weights of o), modulo 2^32. Never
 * null. */
static inline void integrad_dsp_depthwise_rows(const integrad_depthwise* layer, integrad_rows input,
                                               const int8_t* filter, const int32_t* folded_bias,
                                               int8_t* output, int32_t row_begin, int32_t row_end) {
  const integrad_depthwise_call call = {layer,  input,     filter, folded_bias,
                                        output, row_begin, row_end};
  const int32_t channels = layer->output.channels;
  const int words = channels == layer->input.channels &&
                    layer->window_y.kernel * layer->window_x.kernel <= INTEGRAD_DEPTHWISE_TAPS;
  const int32_t in_words = words ? channels / 4 * 4 : 0;
  const ptrdiff_t output_row = integrad_row_size(layer->output);
  for (int32_t channel = 0; channel < in_words; channel += 4) {
    integrad_depthwise_lanes lanes;
    integrad_prepare_lanes(&call, channel, &lanes);
    for (int32_t oy = row_begin; oy < row_end; ++oy)
      integrad_depthwise_lanes_row(&call, &lanes, channel, oy,
                                   output + (oy - row_begin) * output_row + channel);
  }
  for (int32_t oy = row_begin; in_words < channels && oy < row_end; ++oy)
    for (int32_t ox = 0; ox < layer->output.width; ++ox, output += channels)
      for (int32_t channel = in_words; channel < channels; ++channel)
        output[channel] = integrad_depthwise_single(&call, oy, ox, channel);
}

#endif
