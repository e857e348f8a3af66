/* Resizing an image; input and output share scale and zero point. */
#ifndef INTEGRAD_QUANT_C_RESIZE_H
#define INTEGRAD_QUANT_C_RESIZE_H
#include "../../tensor/resize.h"
#include "layout.h"

typedef struct {
  integrad_dims input, output; /* the same channels */
  int align_corners;           /* the corners' centres meet: scale (in - 1) / (out - 1) */
  int half_pixel;              /* points sit at the middle of their pixels */
  integrad_rounding rounding;  /* bilinear only */
} integrad_resize;

/* output[y,x,c] = input[nearest(y), nearest(x), c]. TFLM: reference_ops::ResizeNearestNeighbor. */
static inline void integrad_resize_nearest_rows(const integrad_resize* layer, integrad_rows input,
                                                int8_t* output, int32_t row_begin,
                                                int32_t row_end) {
  const int32_t channels = layer->input.channels;
  for (int32_t y = row_begin; y < row_end; ++y) {
    const int32_t iy = integrad_nearest_source(y, layer->input.height, layer->output.height,
                                               layer->align_corners, layer->half_pixel);
    const int8_t* row = integrad_row(input, iy, integrad_row_size(layer->input));
    for (int32_t x = 0; x < layer->output.width; ++x) {
      const int32_t ix = integrad_nearest_source(x, layer->input.width, layer->output.width,
                                                 layer->align_corners, layer->half_pixel);
      for (int32_t c = 0; c < channels; ++c) *output++ = row[(ptrdiff_t)ix * channels + c];
    }
  }
}

/* Two neighbours along one axis and the second one's weight in 1/1024. */
typedef struct {
  int32_t low, high, weight;
} integrad_neighbours;

/* Where output position `output` falls between input points, with 10 fractional bits.
 * TFLM: ComputeInterpolationValuesInteger. */
static inline integrad_neighbours integrad_bilinear_source(int32_t output, int32_t inputs,
                                                           int32_t outputs, int align_corners,
                                                           int half_pixel) {
  const int32_t scale = align_corners && outputs > 1
                            ? (1024 * (inputs - 1) + (outputs - 1) / 2) / (outputs - 1)
                            : (1024 * inputs + outputs / 2) / outputs;
  const int32_t position = output * scale + (half_pixel ? scale / 2 - 512 : 0);
  const int32_t below = position / 1024, above = (position + 1023) / 1024;
  integrad_neighbours result;
  result.low = below > 0 ? below : 0;
  result.high = above < inputs - 1 ? above : inputs - 1;
  result.weight = position - 1024 * result.low;
  return result;
}

/* sum / 2^20 to the nearest integer; ties away from zero, or up in single rounding. */
static inline int32_t integrad_bilinear_round(int32_t sum, integrad_rounding rounding) {
  const int32_t half = (int32_t)1 << 19;
  if (rounding == INTEGRAD_ROUNDING_SINGLE) return (sum + half) >> 20;
  return (sum > 0 ? sum + half : sum - half) / ((int32_t)1 << 20);
}

/* output[y,x,c] = the average of the four neighbours, weighted by nearness.
 * TFLM: reference_ops::ResizeBilinearInteger. */
static inline void integrad_resize_bilinear_rows(const integrad_resize* layer, integrad_rows input,
                                                 int8_t* output, int32_t row_begin,
                                                 int32_t row_end) {
  const int32_t channels = layer->input.channels;
  const ptrdiff_t input_row = integrad_row_size(layer->input);
  for (int32_t y = row_begin; y < row_end; ++y) {
    const integrad_neighbours rows = integrad_bilinear_source(
        y, layer->input.height, layer->output.height, layer->align_corners, layer->half_pixel);
    const int8_t* upper = integrad_row(input, rows.low, input_row);
    const int8_t* lower = integrad_row(input, rows.high, input_row);
    for (int32_t x = 0; x < layer->output.width; ++x) {
      const integrad_neighbours columns = integrad_bilinear_source(
          x, layer->input.width, layer->output.width, layer->align_corners, layer->half_pixel);
      const ptrdiff_t left = (ptrdiff_t)columns.low * channels;
      const ptrdiff_t right = (ptrdiff_t)columns.high * channels;
      for (int32_t c = 0; c < channels; ++c) {
        const int32_t top =
            upper[left + c] * (1024 - columns.weight) + upper[right + c] * columns.weight;
        const int32_t bottom =
            lower[left + c] * (1024 - columns.weight) + lower[right + c] * columns.weight;
        const int32_t sum = top * (1024 - rows.weight) + bottom * rows.weight;
        *output++ = (int8_t)integrad_bilinear_round(sum, layer->rounding);
      }
    }
  }
}

#endif
