/* Kernels that only move codes: concatenation along channels, padding, slicing, copying. */
#ifndef INTEGRAD_QUANT_C_COPY_H
#define INTEGRAD_QUANT_C_COPY_H
#include "layout.h"

typedef struct {
  int32_t channels;        /* of this part */
  int32_t output_channels; /* of all parts together */
  int32_t first_channel;   /* of the output, where this part begins */
} integrad_concat_part;

/* output[pixel, first_channel + c] = input[pixel, c] for `pixels` pixels: one call per part. All
 * parts share the output's scale and zero point. Both pointers are at the first pixel. TFLM:
 * Concatenation; CMSIS-NN: arm_concatenation_s8_x. */
static inline void integrad_concat_channels(const integrad_concat_part* part, const int8_t* input,
                                            int8_t* output, ptrdiff_t pixels) {
  for (ptrdiff_t pixel = 0; pixel < pixels; ++pixel) {
    const int8_t* from = input + pixel * part->channels;
    int8_t* to = output + pixel * part->output_channels + part->first_channel;
    for (int32_t c = 0; c < part->channels; ++c) to[c] = from[c];
  }
}

typedef struct {
  integrad_dims input, output; /* the same channels */
  int32_t top, left;           /* points before the image; the output's size says those after */
  int32_t zero_point;          /* the code of the real 0 */
} integrad_pad;

/* output[y,x,c] = input[y - top, x - left, c], or zero_point outside the image. TFLM: Pad. */
static inline void integrad_pad_rows(const integrad_pad* layer, integrad_rows input, int8_t* output,
                                     int32_t row_begin, int32_t row_end) {
  const ptrdiff_t input_row = integrad_row_size(layer->input);
  const int32_t channels = layer->input.channels;
  for (int32_t y = row_begin; y < row_end; ++y) {
    const int32_t iy = y - layer->top;
    const int inside_y = iy >= 0 && iy < layer->input.height;
    const int8_t* row = integrad_row(input, inside_y ? iy : input.first, input_row);
    for (int32_t x = 0; x < layer->output.width; ++x) {
      const int32_t ix = x - layer->left;
      const int inside = inside_y && ix >= 0 && ix < layer->input.width;
      for (int32_t c = 0; c < channels; ++c)
        *output++ = inside ? row[(ptrdiff_t)ix * channels + c] : (int8_t)layer->zero_point;
    }
  }
}

typedef struct {
  integrad_dims input, output;
  int32_t top, left, first_channel; /* where the output begins in the input */
} integrad_slice;

/* output[y,x,c] = input[y + top, x + left, c + first_channel]. TFLM: Slice. */
static inline void integrad_slice_rows(const integrad_slice* layer, integrad_rows input,
                                       int8_t* output, int32_t row_begin, int32_t row_end) {
  const ptrdiff_t input_row = integrad_row_size(layer->input);
  for (int32_t y = row_begin; y < row_end; ++y) {
    const int8_t* row = integrad_row(input, y + layer->top, input_row);
    for (int32_t x = 0; x < layer->output.width; ++x) {
      const int8_t* from =
          row + (ptrdiff_t)(x + layer->left) * layer->input.channels + layer->first_channel;
      for (int32_t c = 0; c < layer->output.channels; ++c) *output++ = from[c];
    }
  }
}

/* output[i] = input[i]: what a change of shape does to codes. TFLM: Reshape. */
static inline void integrad_copy_codes(const int8_t* input, int8_t* output, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; ++i) output[i] = input[i];
}

#endif
