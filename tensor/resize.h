/* Where a resized point looks in its source along one axis: the only definition, shared by the
 * float kernels, the integer kernels and every emitted program. It follows TensorFlow Lite's
 * reference kernels (resize_nearest_neighbor.h, resize_bilinear.h), in float as they do, so that
 * the same points are chosen on the device. Common subset of C99 and C++. */
#ifndef INTEGRAD_TENSOR_RESIZE_H
#define INTEGRAD_TENSOR_RESIZE_H
#include <math.h>
#include <stdint.h>

typedef struct {
  int32_t align_corners;      /* the first and last points of both sides coincide */
  int32_t half_pixel_centers; /* points are centres of squares, not corners; excludes the other */
} integrad_resize;

/* Value = (1 - fraction) * source[lower] + fraction * source[upper]. */
typedef struct {
  int32_t lower, upper;
  float fraction; /* 0 .. 1 */
} integrad_resize_tap;

/* Source points per output point. */
static inline float integrad_resize_scale(int32_t inputs, int32_t outputs, integrad_resize r) {
  return r.align_corners && outputs > 1 ? (float)(inputs - 1) / (float)(outputs - 1)
                                        : (float)inputs / (float)outputs;
}

/* The nearest source point of an output point. */
static inline int32_t integrad_resize_nearest(int32_t output, int32_t inputs, int32_t outputs,
                                              integrad_resize r) {
  const float scale = integrad_resize_scale(inputs, outputs, r);
  const float offset = r.half_pixel_centers ? 0.5f : 0.0f;
  const float position = ((float)output + offset) * scale;
  const int32_t point = (int32_t)(r.align_corners ? roundf(position) : floorf(position));
  return point < inputs - 1 ? point : inputs - 1;
}

/* The two source points between which an output point lies, and where. Beyond the border both are
 * the border point. */
static inline integrad_resize_tap integrad_resize_linear(int32_t output, int32_t inputs,
                                                         int32_t outputs, integrad_resize r) {
  const float scale = integrad_resize_scale(inputs, outputs, r);
  integrad_resize_tap tap = {0, 0, 0.0f};
  float position = (float)output * scale;
  if (r.half_pixel_centers) {
    position = ((float)output + 0.5f) * scale;
    position = position - 0.5f;
  }
  if (position <= 0.0f) return tap;
  tap.lower = (int32_t)floorf(position);
  if (tap.lower > inputs - 1) tap.lower = inputs - 1;
  tap.upper = tap.lower + 1 < inputs ? tap.lower + 1 : tap.lower;
  tap.fraction = tap.upper > tap.lower ? position - (float)tap.lower : 0.0f;
  return tap;
}

#endif
