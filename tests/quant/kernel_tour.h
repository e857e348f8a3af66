/* A walk through every integer kernel on awkward data: extreme codes, multipliers, shifts and
 * biases, padding, dilation, groups, empty ranges of rows. The text is compiled twice, as C99 under
 * UndefinedBehaviorSanitizer and as C++; both must write the same bytes. */
#ifndef INTEGRAD_TESTS_QUANT_KERNEL_TOUR_H
#define INTEGRAD_TESTS_QUANT_KERNEL_TOUR_H
#include "integrad/quant/c/conv.h"
#include "integrad/quant/c/copy.h"
#include "integrad/quant/c/depthwise.h"
#include "integrad/quant/c/elementwise.h"
#include "integrad/quant/c/fully_connected.h"
#include "integrad/quant/c/hard_swish.h"
#include "integrad/quant/c/logistic.h"
#include "integrad/quant/c/look_up.h"
#include "integrad/quant/c/pool.h"
#include "integrad/quant/c/quantize.h"
#include "integrad/quant/c/resize.h"
#include "integrad/quant/c/softmax.h"
#include "integrad/quant/c/transposed_conv.h"
#include "integrad/quant/c/unpool.h"

enum { TOUR_IMAGE = 7 * 9 * 40, TOUR_FILTER = 500 * 40, TOUR_BYTES = 1 << 16 };

typedef struct {
  int8_t bytes[TOUR_BYTES];
  ptrdiff_t used;
} tour_log;

static int8_t tour_image[TOUR_IMAGE], tour_filter[TOUR_FILTER];
static int32_t tour_bias[40];
static integrad_scale tour_scales[40];

static void tour_prepare(void) {
  uint32_t state = 1;
  for (int i = 0; i < TOUR_IMAGE; ++i) {
    state = state * 1664525u + 1013904223u;
    tour_image[i] = (int8_t)(i % 11 == 0 ? -128 : i % 13 == 0 ? 127 : (int32_t)(state >> 24) - 128);
  }
  for (int i = 0; i < TOUR_FILTER; ++i) {
    state = state * 1664525u + 1013904223u;
    tour_filter[i] = (int8_t)((int32_t)(state >> 24) - 128);
  }
  for (int i = 0; i < 40; ++i) {
    tour_bias[i] = i % 3 == 0 ? INT32_MAX - i : i % 3 == 1 ? INT32_MIN + i : 1000 * i;
    tour_scales[i].multiplier = i == 7 ? 0 : INT32_MAX - i * 20000000;
    tour_scales[i].shift = i == 0 ? 30 : i == 1 ? -31 : -i / 2;
  }
}

/* Room for `count` bytes, filled with a pattern that a kernel has to overwrite. */
static int8_t* tour_room(tour_log* log, ptrdiff_t count) {
  int8_t* room = log->bytes + log->used;
  log->used += count;
  for (ptrdiff_t i = 0; i < count; ++i) room[i] = 85;
  return room;
}

static integrad_window tour_window(int32_t kernel, int32_t stride, int32_t dilation, int32_t pad) {
  integrad_window window;
  window.kernel = kernel;
  window.stride = stride;
  window.dilation = dilation;
  window.pad_before = window.pad_after = pad;
  return window;
}

static integrad_dims tour_dims(int32_t height, int32_t width, int32_t channels) {
  integrad_dims dims;
  dims.height = height;
  dims.width = width;
  dims.channels = channels;
  return dims;
}

static integrad_output_stage tour_stage(int32_t scale_step, integrad_rounding rounding) {
  integrad_output_stage stage;
  stage.scales = tour_scales + (scale_step == 0 ? 9 : 0);
  stage.scale_step = scale_step;
  stage.zero_point = -5;
  stage.low = -128;
  stage.high = 127;
  stage.rounding = rounding;
  return stage;
}

static void tour_sums(tour_log* log, integrad_rounding rounding) {
  const integrad_window dilated = tour_window(3, 1, 2, 2), plain = tour_window(3, 2, 1, 1);
  const integrad_conv conv = {tour_dims(7, 9, 6),     tour_dims(4, 5, 4), plain, plain, 1, -128,
                              tour_stage(1, rounding)};
  integrad_conv_rows(&conv, integrad_all_rows(tour_image), tour_filter, tour_bias,
                     tour_room(log, 4 * 5 * 4), 0, 4);
  integrad_conv_rows(&conv, integrad_all_rows(tour_image), tour_filter, NULL, tour_room(log, 0), 2,
                     2);
  const integrad_conv grouped = {
      tour_dims(7, 9, 6), tour_dims(7, 9, 4), dilated, dilated, 2, 127, tour_stage(0, rounding)};
  integrad_conv_rows(&grouped, integrad_all_rows(tour_image), tour_filter, NULL,
                     tour_room(log, 3 * 9 * 4), 1, 4);
  const integrad_depthwise depthwise = {
      tour_dims(7, 9, 40), tour_dims(4, 5, 40), plain, plain, -128, tour_stage(1, rounding)};
  integrad_depthwise_rows(&depthwise, integrad_all_rows(tour_image), tour_filter, tour_bias,
                          tour_room(log, 4 * 5 * 40), 0, 4);
  const integrad_depthwise multiplied = {
      tour_dims(7, 9, 12), tour_dims(7, 9, 36), dilated, dilated, 3, tour_stage(1, rounding)};
  integrad_depthwise_rows(&multiplied, integrad_all_rows(tour_image), tour_filter, NULL,
                          tour_room(log, 2 * 9 * 36), 5, 7);
  const integrad_transposed_conv transposed = {
      tour_dims(3, 4, 5), tour_dims(6, 8, 3), plain, plain, 17, tour_stage(1, rounding)};
  integrad_transposed_conv_rows(&transposed, integrad_all_rows(tour_image), tour_filter, tour_bias,
                                tour_room(log, 6 * 8 * 3), 0, 6);
  const integrad_fully_connected connected = {500, 40, -128, -7, tour_stage(1, rounding)};
  integrad_fully_connected_outputs(&connected, tour_image, tour_filter, tour_bias,
                                   tour_room(log, 40), 0, 40);
}

static void tour_spatial(tour_log* log, integrad_rounding rounding) {
  const integrad_window dilated = tour_window(3, 2, 2, 2);
  const integrad_dims large = tour_dims(7, 9, 40), small = tour_dims(4, 5, 40);
  const integrad_pool pool = {large, small, dilated, dilated, -100, 100};
  static uint8_t winners[4 * 5 * 40];
  int8_t* pooled = tour_room(log, 4 * 5 * 40);
  integrad_max_pool_rows(&pool, integrad_all_rows(tour_image), pooled, winners, 0, 4);
  integrad_average_pool_rows(&pool, integrad_all_rows(tour_image), tour_room(log, 4 * 5 * 40), 0,
                             4);
  const integrad_unpool unpool = {small, large, dilated, dilated, 9};
  integrad_unpool_rows(&unpool, integrad_all_rows(pooled), integrad_all_winners(winners),
                       tour_room(log, 4 * 9 * 40), 2, 6);

  integrad_concat_part part = {3, 7, 4};
  int8_t* joined = tour_room(log, 35);
  integrad_concat_channels(&part, tour_image, joined, 5);
  part.channels = 4;
  part.first_channel = 0;
  integrad_concat_channels(&part, tour_image + 100, joined, 5);
  const integrad_pad pad = {tour_dims(3, 3, 2), tour_dims(6, 7, 2), 1, 2, -77};
  integrad_pad_rows(&pad, integrad_all_rows(tour_image), tour_room(log, 6 * 7 * 2), 0, 6);
  const integrad_slice slice = {tour_dims(7, 9, 6), tour_dims(3, 4, 2), 2, 5, 4};
  integrad_slice_rows(&slice, integrad_all_rows(tour_image), tour_room(log, 2 * 4 * 2), 1, 3);
  integrad_copy_codes(tour_image, tour_room(log, 50), 50);

  for (int flags = 0; flags < 4; ++flags) {
    const integrad_resize resize = {tour_dims(3, 4, 3), tour_dims(7, 5, 3), flags & 1, flags >> 1,
                                    rounding};
    integrad_resize_nearest_rows(&resize, integrad_all_rows(tour_image), tour_room(log, 7 * 5 * 3),
                                 0, 7);
    integrad_resize_bilinear_rows(&resize, integrad_all_rows(tour_image), tour_room(log, 7 * 5 * 3),
                                  0, 7);
  }
}

static void tour_points(tour_log* log, integrad_rounding rounding) {
  const integrad_scale half = {1 << 30, 0}, sixteenth = {INT32_MAX, -4}, tiny = {1 << 30, -19};
  const integrad_add add = {-128, 127, half, sixteenth, tiny, 20, 3, -128, 127, rounding};
  integrad_add_elements(&add, tour_image, tour_filter, tour_room(log, 500), 500);
  integrad_subtract_elements(&add, tour_image, tour_filter, tour_room(log, 500), 500);
  const integrad_multiply multiply = {-128, 127, {1518500250, -7}, -3, -128, 127, rounding};
  integrad_multiply_elements(&multiply, tour_image, tour_filter, tour_room(log, 500), 500);
  const integrad_requantization requantization = {-128, {INT32_MAX, 1}, 5, -128, 127, rounding};
  integrad_requantize_elements(&requantization, tour_image, tour_room(log, 500), 500);

  const integrad_softmax softmax = {20, 1580925312, 23, -248};
  integrad_softmax_rows(&softmax, tour_image, tour_room(log, 400), 20);
  const integrad_logistic logistic = {-3, {1089821824, 24}, 120, rounding};
  int8_t table[256];
  integrad_logistic_table(&logistic, table);
  integrad_look_up(table, tour_image, tour_room(log, 500), 500);

  for (int32_t shift = -15; shift <= 30; shift += 9) {
    const integrad_hard_swish hard_swish = {
        shift < 0 ? -128 : 127, {32767, shift}, {16384, shift < 0 ? shift : -1}, -3};
    integrad_hard_swish_table(&hard_swish, table);
    integrad_look_up(table, tour_image, tour_room(log, 500), 500);
  }

  static const float reals[10] = {0.0f,  1.0f,   -1.0f,  0.25f,   -0.25f,
                                  3e38f, -3e38f, 1e-42f, 127.75f, -63.75f};
  integrad_quantize_elements(reals, 0.5f, 7, tour_room(log, 10), 10);
  integrad_quantize_elements(reals, 1e-30f, -128, tour_room(log, 10), 10); /* to infinity */
  float back[20];
  integrad_dequantize_elements(tour_image, 0.1f, -128, back, 20);
  integrad_quantize_elements(back, 0.1f, -128, tour_room(log, 20), 20);
}

/* All kernels in both roundings. */
static void kernel_tour(tour_log* log) {
  tour_prepare();
  log->used = 0;
  for (int mode = 0; mode < 2; ++mode) {
    const integrad_rounding rounding =
        mode == 0 ? INTEGRAD_ROUNDING_DOUBLE : INTEGRAD_ROUNDING_SINGLE;
    tour_sums(log, rounding);
    tour_spatial(log, rounding);
    tour_points(log, rounding);
  }
}

#endif
