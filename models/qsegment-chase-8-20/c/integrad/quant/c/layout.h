/* What the integer kernels share: how an image lies in memory, and how a sum becomes an output.
 *
 * Conventions of every kernel in this folder:
 * - An image is [height, width, channels], channels innermost; codes are int8_t.
 * - A kernel computes the output rows row_begin <= row < row_end of ONE image, so that a caller can
 *   share rows among threads or keep only a few of them: `input` holds the rows that these need,
 *   `output` points at the place of row `row_begin`.
 * - Nothing is checked here: whoever builds the attribute structs has checked them.
 * - Sums are kept modulo 2^32 (unsigned, so that wrapping is defined), as the 32-bit registers of
 *   the kernels we match keep them. With |input - zero point| <= 255 and |weight| <= 127 nothing
 *   wraps below 66,311 products. */
#ifndef INTEGRAD_QUANT_C_LAYOUT_H
#define INTEGRAD_QUANT_C_LAYOUT_H
#include <stddef.h>
#include <stdint.h>

#include "../../tensor/window.h"
#include "arith.h"

/* Extents of one image. */
typedef struct {
  int32_t height, width, channels;
} integrad_dims;

/* Codes in one row of an image. */
static inline ptrdiff_t integrad_row_size(integrad_dims dims) {
  return (ptrdiff_t)dims.width * dims.channels;
}

/* The rows of an image from row `first` on: the whole image has first = 0. */
typedef struct {
  const int8_t* codes;
  int32_t first;
} integrad_rows;

static inline integrad_rows integrad_all_rows(const int8_t* image) {
  integrad_rows rows;
  rows.codes = image;
  rows.first = 0;
  return rows;
}

/* The codes of one row; `row_size` is integrad_row_size of the image. */
static inline const int8_t* integrad_row(integrad_rows rows, int32_t row, ptrdiff_t row_size) {
  return rows.codes + (row - rows.first) * row_size;
}

/* From a sum of products to an output code: rescale, add the zero point, clamp. */
typedef struct {
  const integrad_scale* scales; /* s_in * s_weight[channel] / s_out */
  int32_t scale_step;           /* 1: one scale per output channel; 0: one for all */
  int32_t zero_point;           /* of the output */
  int32_t low, high;            /* the activation's clamp, within [-128, 127] */
  integrad_rounding rounding;
} integrad_output_stage;

/* The output code of `sum`, which belongs to output channel `channel`. */
static inline int8_t integrad_finish(uint32_t sum, int32_t channel,
                                     const integrad_output_stage* stage) {
  integrad_scale scale = stage->scales[(ptrdiff_t)channel * stage->scale_step];
  return integrad_requantize((int32_t)sum, scale, stage->rounding, stage->zero_point, stage->low,
                             stage->high);
}

/* Sum of (input[i] - zero_point) * weight[i] over `count` neighbours in memory. */
static inline uint32_t integrad_dot(const int8_t* input, int32_t zero_point, const int8_t* weight,
                                    int32_t count) {
  uint32_t sum = 0;
  for (int32_t i = 0; i < count; ++i) sum += (uint32_t)((input[i] - zero_point) * weight[i]);
  return sum;
}

#endif
