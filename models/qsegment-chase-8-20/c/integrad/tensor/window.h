/* Geometry of a sliding window along one axis: the only definition, shared by the float kernels,
 * the shape rules, the integer kernels and every emitted program. Common subset of C99 and C++. */
#ifndef INTEGRAD_TENSOR_WINDOW_H
#define INTEGRAD_TENSOR_WINDOW_H
#include <stdint.h>

typedef struct {
  int32_t kernel;     /* taps */
  int32_t stride;     /* input steps from one output to the next */
  int32_t dilation;   /* input steps from one tap to the next */
  int32_t pad_before; /* imagined points before the first input point */
  int32_t pad_after;  /* and after the last */
} integrad_window;

/* Input points from the first tap to the last, both included. */
static inline int32_t integrad_window_extent(integrad_window w) {
  return (w.kernel - 1) * w.dilation + 1;
}

/* Number of outputs; 0 or less when the padded input is shorter than the window. */
static inline int32_t integrad_window_outputs(int32_t inputs, integrad_window w) {
  int32_t room = inputs + w.pad_before + w.pad_after - integrad_window_extent(w);
  return room < 0 ? 0 : room / w.stride + 1;
}

/* Input position of tap 0 of an output; negative inside the padding. */
static inline int32_t integrad_window_start(int32_t output, integrad_window w) {
  return output * w.stride - w.pad_before;
}

/* First tap that meets the image, for a window that starts at `start`. */
static inline int32_t integrad_window_first_tap(int32_t start, integrad_window w) {
  return start >= 0 ? 0 : (-start + w.dilation - 1) / w.dilation;
}

/* One past the last tap that meets the image; not above the first tap when none does. */
static inline int32_t integrad_window_end_tap(int32_t start, int32_t inputs, integrad_window w) {
  int32_t end = inputs <= start ? 0 : (inputs - start + w.dilation - 1) / w.dilation;
  return end < w.kernel ? end : w.kernel;
}

/* Seen from the other side, where windows place points rather than take them (unpooling, transposed
 * convolution): the first window whose extent reaches position `point` or beyond; not below 0. */
static inline int32_t integrad_window_first_reaching(int32_t point, integrad_window w) {
  int32_t room = point + w.pad_before - (integrad_window_extent(w) - 1);
  return room <= 0 ? 0 : (room + w.stride - 1) / w.stride;
}

/* The last window that begins at or before position `point`, which is not below 0. */
static inline int32_t integrad_window_last_reaching(int32_t point, integrad_window w) {
  return (point + w.pad_before) / w.stride;
}

#endif
