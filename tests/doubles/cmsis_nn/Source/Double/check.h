/* What the functions of the double demand of their arguments. */
#ifndef DOUBLE_CHECK_H
#define DOUBLE_CHECK_H
#include <stddef.h>
#include <string.h>

#include "../../../../../quant/c/layout.h"
#include "arm_nnfunctions.h"

#ifdef CMSIS_NN_USE_SINGLE_ROUNDING
#define DOUBLE_ROUNDING INTEGRAD_ROUNDING_SINGLE
#else
#define DOUBLE_ROUNDING INTEGRAD_ROUNDING_DOUBLE
#endif

static inline int is_code(int32_t value) {
  return value >= -128 && value <= 127;
}

/* A negated zero point. */
static inline int is_input_offset(int32_t value) {
  return is_code(-value);
}

static inline int is_activation(int32_t low, int32_t high) {
  return is_code(low) && is_code(high) && low <= high;
}

static inline int is_scale(int32_t multiplier, int32_t shift) {
  return (multiplier == 0 || multiplier >= (int32_t)1 << 30) && shift >= -31 && shift <= 30;
}

static inline int is_size(const cmsis_nn_dims* d) {
  return d->n > 0 && d->h > 0 && d->w > 0 && d->c > 0;
}

static inline ptrdiff_t elements(const cmsis_nn_dims* d) {
  return (ptrdiff_t)d->n * d->h * d->w * d->c;
}

static inline integrad_dims image_of(const cmsis_nn_dims* d) {
  const integrad_dims image = {d->h, d->w, d->c};
  return image;
}

static inline integrad_window window_of(int32_t kernel, int32_t stride, int32_t dilation,
                                        int32_t padding) {
  const integrad_window window = {kernel, stride, dilation, padding, 0};
  return window;
}

/* Whether `outputs` windows suit `inputs` points: with as much padding behind as a window can cover
 * there are at least so many, and without more than before there are not fewer than with none. */
static inline int are_windows(int32_t inputs, int32_t outputs, integrad_window w) {
  if (w.kernel < 1 || w.stride < 1 || w.dilation < 1 || w.pad_before < 0) return 0;
  w.pad_after = integrad_window_extent(w) - 1;
  if (outputs > integrad_window_outputs(inputs, w)) return 0;
  w.pad_after = 0;
  return outputs >= integrad_window_outputs(inputs, w);
}

static inline int overlap(const void* a, ptrdiff_t a_bytes, const void* b, ptrdiff_t b_bytes) {
  const uintptr_t a_begin = (uintptr_t)a, b_begin = (uintptr_t)b;
  return a_begin < b_begin + (uintptr_t)b_bytes && b_begin < a_begin + (uintptr_t)a_bytes;
}

/* Whether the scratch suffices, is aligned and lies apart from input and output. Overwrites it, so
 * that what else may live there is lost. */
static inline int takes_scratch(const cmsis_nn_context* ctx, int32_t needed, const int8_t* input,
                                ptrdiff_t input_bytes, const int8_t* output,
                                ptrdiff_t output_bytes) {
  if (ctx == NULL || ctx->size < needed || (needed > 0 && ctx->buf == NULL)) return 0;
  if (ctx->buf == NULL) return ctx->size == 0;
  if ((uintptr_t)ctx->buf % 4 != 0) return 0;
  if (overlap(ctx->buf, ctx->size, input, input_bytes) ||
      overlap(ctx->buf, ctx->size, output, output_bytes))
    return 0;
  memset(ctx->buf, 0xA5, (size_t)ctx->size);
  return 1;
}

#endif
