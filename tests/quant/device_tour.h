/* A walk through the kernels that a processor may have its own of (device_kernels.h), on layers of
 * all kinds of remainders: runs as C99 and as C++, emulated, and on a device. */
#ifndef INTEGRAD_TESTS_QUANT_DEVICE_TOUR_H
#define INTEGRAD_TESTS_QUANT_DEVICE_TOUR_H
#include "integrad/quant/c/device_kernels.h"
#include "kernel_tour.h"

enum { DEVICE_TOUR_KERNELS = 5 };

/* A checksum for each kernel family: convolution, depthwise, addition, max pool, unpool. */
typedef struct {
  uint32_t sums[DEVICE_TOUR_KERNELS];
} device_tour_result;

static int8_t device_tour_output[7 * 9 * 40];
static uint8_t device_tour_winners[7 * 9 * 40];

/* FNV-1a. */
static void device_tour_add(uint32_t* sum, const void* bytes, ptrdiff_t count) {
  const uint8_t* each = (const uint8_t*)bytes;
  for (ptrdiff_t i = 0; i < count; ++i) *sum = (*sum ^ each[i]) * 16777619u;
}

/* The biases that the kernels take; weight i of output channel o is at o * channel + i * next. */
static const int32_t* device_tour_bias(int32_t outputs, int32_t channel, int32_t next,
                                       int32_t count, int32_t zero_point) {
  static int32_t bias[40];
  for (int32_t o = 0; o < outputs; ++o) {
    uint32_t sum = (uint32_t)tour_bias[o];
    for (int32_t i = 0; INTEGRAD_FOLDED_BIAS && i < count; ++i)
      sum -= (uint32_t)(zero_point * tour_filter[o * channel + i * next]);
    bias[o] = (int32_t)sum;
  }
  return bias;
}

static integrad_dims device_tour_outputs(integrad_dims input, integrad_window window,
                                         int32_t channels) {
  return tour_dims(integrad_window_outputs(input.height, window),
                   integrad_window_outputs(input.width, window), channels);
}

static void device_tour_window(device_tour_result* result, integrad_window window, int32_t channels,
                               integrad_rounding rounding) {
  const integrad_dims input = tour_dims(7, 9, channels);
  const int32_t taps = window.kernel * window.kernel;
  const integrad_conv conv = {
      input, device_tour_outputs(input, window, 5), window, window, 1, -7, tour_stage(1, rounding)};
  const int32_t rows = conv.output.height, depth = taps * channels;
  integrad_run_conv_rows(&conv, integrad_all_rows(tour_image), tour_filter,
                         device_tour_bias(5, depth, 1, depth, -7), device_tour_output, 0, rows);
  device_tour_add(&result->sums[0], device_tour_output, rows * integrad_row_size(conv.output));

  const integrad_depthwise depthwise = {input,  device_tour_outputs(input, window, channels),
                                        window, window,
                                        127,    tour_stage(0, rounding)};
  integrad_run_depthwise_rows(&depthwise, integrad_all_rows(tour_image), tour_filter,
                              device_tour_bias(channels, 1, channels, taps, 127),
                              device_tour_output, 0, rows);
  device_tour_add(&result->sums[1], device_tour_output, rows * integrad_row_size(depthwise.output));
}

static void device_tour_pool(device_tour_result* result, integrad_window window, int32_t channels) {
  const integrad_dims input = tour_dims(6, 8, channels);
  const integrad_dims output = device_tour_outputs(input, window, channels);
  const integrad_pool pool = {input, output, window, window, -100, 120};
  const integrad_unpool unpool = {output, input, window, window, 9};
  static int8_t pooled[7 * 9 * 40];
  integrad_run_max_pool_rows(&pool, integrad_all_rows(tour_image), pooled, device_tour_winners, 0,
                             output.height);
  device_tour_add(&result->sums[3], pooled, output.height * integrad_row_size(output));
  device_tour_add(&result->sums[3], device_tour_winners,
                  output.height * integrad_winner_row_size(output, window, window));
  integrad_run_unpool_rows(&unpool, integrad_all_rows(pooled),
                           integrad_all_winners(device_tour_winners), device_tour_output, 0, 6);
  device_tour_add(&result->sums[4], device_tour_output, 6 * integrad_row_size(input));
}

static device_tour_result device_tour(void) {
  static const int32_t channels[] = {1, 2, 3, 4, 5, 8, 16, 17, 33, 40};
  const integrad_scale half = {1 << 30, 0}, third = {1431655765, -1}, tiny = {1518500250, -18};
  device_tour_result result;
  for (int32_t i = 0; i < DEVICE_TOUR_KERNELS; ++i) result.sums[i] = 2166136261u;
  tour_prepare();
  for (int mode = 0; mode < 2; ++mode) {
    const integrad_rounding rounding =
        mode == 0 ? INTEGRAD_ROUNDING_DOUBLE : INTEGRAD_ROUNDING_SINGLE;
    for (int32_t i = 0; i < 10; ++i) {
      device_tour_window(&result, tour_window(1, 1, 1, 0), channels[i], rounding);
      device_tour_window(&result, tour_window(3, 1, 1, 1), channels[i], rounding);
      device_tour_window(&result, tour_window(3, 2, 2, 2), channels[i], rounding);
      device_tour_pool(&result, tour_window(2, 2, 1, 0), channels[i]);
      device_tour_pool(&result, tour_window(3, 2, 1, 1), channels[i]);
    }
    for (int32_t count = 490; count < 500; ++count) {
      const integrad_add add = {-128, 127, half, third, tiny, 20, 3, -128, 127, rounding};
      integrad_run_add_elements(&add, tour_image, tour_filter, device_tour_output, count);
      device_tour_add(&result.sums[2], device_tour_output, count);
    }
  }
  return result;
}

/* The checksum of what all portable kernels write. */
static uint32_t device_tour_portable(tour_log* log) {
  uint32_t sum = 2166136261u;
  kernel_tour(log);
  device_tour_add(&sum, log->bytes, log->used);
  return sum;
}

#endif
