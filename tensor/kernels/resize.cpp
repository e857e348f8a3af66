#include "integrad/tensor/kernels/resize.h"

#include <algorithm>

#include "integrad/tensor/kernels/rows.h"

namespace integrad::kernels {

namespace {

template <class Tap>
ResizeAxis table(Index outputs, Tap&& tap) {
  ResizeAxis axis(static_cast<std::size_t>(outputs));
  for (std::size_t i = 0; i < axis.size(); ++i) axis[i] = tap(static_cast<std::int32_t>(i));
  return axis;
}

// into += weight * from, from [size]. A weight of 1 costs no rounding, a weight of 0 nothing.
template <class T>
void add_scaled(T weight, const T* from, Index size, T* into) {
  if (weight == T(0)) return;
  for (Index i = 0; i < size; ++i) into[i] += weight * from[i];
}

}  // namespace

ResizeAxis nearest_axis(Index inputs, Index outputs, bool align_corners, bool half_pixel) {
  const auto in = static_cast<std::int32_t>(inputs), out = static_cast<std::int32_t>(outputs);
  return table(outputs, [=](std::int32_t i) {
    const std::int32_t point = integrad_nearest_source(i, in, out, align_corners, half_pixel);
    return integrad_resize_tap{point, point, 0.0f};
  });
}

ResizeAxis linear_axis(Index inputs, Index outputs, bool align_corners, bool half_pixel) {
  const auto in = static_cast<std::int32_t>(inputs), out = static_cast<std::int32_t>(outputs);
  return table(outputs, [=](std::int32_t i) {
    return integrad_linear_source(i, in, out, align_corners, half_pixel);
  });
}

template <class T>
void resize_forward(const Shape& input, const ResizeAxis& rows, const ResizeAxis& columns,
                    const T* x, T* y) {
  const Index channels = input.channels(), in_row = input.width() * channels;
  const Index out_height = static_cast<Index>(rows.size());
  const Index out_row = static_cast<Index>(columns.size()) * channels;
  parallel_rows(input.batch() * out_height, std::max(in_row, out_row), [&](Index row) {
    const integrad_resize_tap tap = rows[static_cast<std::size_t>(row % out_height)];
    const T* const image = x + row / out_height * input.height() * in_row;
    const T* line = image + tap.lower * in_row;
    std::vector<T> mixed;
    if (tap.fraction != 0) {
      const T below = static_cast<T>(tap.fraction), above = T(1) - below;
      const T* const next = image + tap.upper * in_row;
      mixed.resize(static_cast<std::size_t>(in_row));
      T* const into = mixed.data();
      for (Index i = 0; i < in_row; ++i) into[i] = above * line[i] + below * next[i];
      line = mixed.data();
    }
    T* into = y + row * out_row;
    for (const integrad_resize_tap& column : columns) {
      const T* const left = line + column.lower * channels;
      const T* const right = line + column.upper * channels;
      const T after = static_cast<T>(column.fraction), before = T(1) - after;
      if (after == T(0))
        std::copy(left, left + channels, into);
      else
        for (Index c = 0; c < channels; ++c) into[c] = before * left[c] + after * right[c];
      into += channels;
    }
  });
}

// Each input row has one owner: it adds up the output rows that read it, then shares out along the
// row. The taps never decrease, so the readers of a row are neighbours.
template <class T>
void resize_gradient(const Shape& input, const ResizeAxis& rows, const ResizeAxis& columns,
                     const T* cotangent, T* x_gradient) {
  const Index channels = input.channels(), in_row = input.width() * channels;
  const Index out_height = static_cast<Index>(rows.size());
  const Index out_row = static_cast<Index>(columns.size()) * channels;
  parallel_rows(input.batch() * input.height(), std::max(in_row, out_row), [&](Index row) {
    const Index n = row / input.height(), iy = row % input.height();
    const auto first = std::partition_point(rows.begin(), rows.end(),
                                            [=](const auto& tap) { return tap.upper < iy; });
    std::vector<T> sum(static_cast<std::size_t>(out_row), T(0));
    for (auto tap = first; tap != rows.end() && tap->lower <= iy; ++tap) {
      const T below = static_cast<T>(tap->fraction);
      const T* const d = cotangent + (n * out_height + (tap - rows.begin())) * out_row;
      add_scaled(tap->lower == iy ? T(1) - below : below, d, out_row, sum.data());
    }
    T* const into = x_gradient + row * in_row;
    std::fill(into, into + in_row, T(0));
    const T* d = sum.data();
    for (const integrad_resize_tap& column : columns) {
      const T after = static_cast<T>(column.fraction);
      add_scaled(T(1) - after, d, channels, into + column.lower * channels);
      add_scaled(after, d, channels, into + column.upper * channels);
      d += channels;
    }
  });
}

template void resize_forward(const Shape&, const ResizeAxis&, const ResizeAxis&, const float*,
                             float*);
template void resize_forward(const Shape&, const ResizeAxis&, const ResizeAxis&, const double*,
                             double*);
template void resize_gradient(const Shape&, const ResizeAxis&, const ResizeAxis&, const float*,
                              float*);
template void resize_gradient(const Shape&, const ResizeAxis&, const ResizeAxis&, const double*,
                              double*);

}  // namespace integrad::kernels
