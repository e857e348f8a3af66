/* Where a resized point looks in its source along one axis: the only definition, shared by the
 * float kernels, the integer kernels and every emitted program. It follows TensorFlow Lite's
 * reference kernels, in float32 as they do, so that the device chooses the same points.
 * `align_corners`: the corner points of both sides coincide, scale (in - 1) / (out - 1);
 * `half_pixel`: points sit at the middle of their pixels. Common subset of C99 and C++. */
#ifndef INTEGRAD_TENSOR_RESIZE_H
#define INTEGRAD_TENSOR_RESIZE_H
#include <stdint.h>

/* Source points per output point. */
static inline float integrad_resize_scale(int32_t inputs, int32_t outputs, int align_corners) {
  return align_corners && outputs > 1 ? (float)(inputs - 1) / (float)(outputs - 1)
                                      : (float)inputs / (float)outputs;
}

/* The input position nearest to output position `output` (TFLM's GetNearestNeighbor); for a whole
 * factor without flags it is output / factor. No product is followed by an addition, so a compiler
 * that fuses the two cannot change the result. */
static inline int32_t integrad_nearest_source(int32_t output, int32_t inputs, int32_t outputs,
                                              int align_corners, int half_pixel) {
  const float scale = integrad_resize_scale(inputs, outputs, align_corners);
  const float position = ((float)output + (half_pixel ? 0.5f : 0.0f)) * scale;
  int32_t source = (int32_t)position;
  if (align_corners && position >= (float)source + 0.5f) ++source; /* half away from zero */
  return source < inputs - 1 ? source : inputs - 1;
}

/* Value = (1 - fraction) * source[lower] + fraction * source[upper]. */
typedef struct {
  int32_t lower, upper;
  float fraction; /* 0 <= fraction < 1; 0 where upper is lower */
} integrad_resize_tap;

/* The two input positions that output position `output` lies between (TFLM's
 * ComputeInterpolationValues); beyond the border both are the border's. */
static inline integrad_resize_tap integrad_linear_source(int32_t output, int32_t inputs,
                                                         int32_t outputs, int align_corners,
                                                         int half_pixel) {
  const float scale = integrad_resize_scale(inputs, outputs, align_corners);
  const float position = half_pixel ? ((float)output + 0.5f) * scale - 0.5f : (float)output * scale;
  integrad_resize_tap tap = {0, 0, 0.0f};
  if (position <= 0.0f) return tap;
  tap.lower = (int32_t)position;
  if (tap.lower > inputs - 1) tap.lower = inputs - 1;
  tap.upper = tap.lower + 1 < inputs ? tap.lower + 1 : tap.lower;
  if (tap.upper > tap.lower) tap.fraction = position - (float)tap.lower;
  return tap;
}

#endif
