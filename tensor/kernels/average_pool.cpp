#include "integrad/tensor/kernels/average_pool.h"

#include <algorithm>
#include <vector>

#include "integrad/tensor/kernels/rows.h"

namespace integrad::kernels {

namespace {

struct Taps {
  std::int32_t start, first, end;  // input position of tap 0; taps inside the image
  Index count() const { return end - first; }
};

Taps taps(std::int32_t output, std::int32_t inputs, const integrad_window& window) {
  const std::int32_t start = integrad_window_start(output, window);
  return {start, integrad_window_first_tap(start, window),
          integrad_window_end_tap(start, inputs, window)};
}

// How many points each window has along one axis; a window's number is the product of both.
std::vector<Index> window_points(std::int32_t inputs, std::int32_t outputs,
                                 const integrad_window& window, bool count_padding) {
  std::vector<Index> points(static_cast<std::size_t>(outputs), window.kernel);
  if (!count_padding)
    for (std::int32_t output = 0; output < outputs; ++output)
      points[static_cast<std::size_t>(output)] = taps(output, inputs, window).count();
  return points;
}

}  // namespace

template <class T>
void average_pool_forward(const ConvGeometry& g, bool count_padding, const T* x, T* y) {
  const integrad_window wy = g.window.y, wx = g.window.x;
  const Index channels = g.out_channels, in_row = Index{g.in_width} * channels;
  const std::vector<Index> points_y = window_points(g.in_height, g.out_height, wy, count_padding);
  const std::vector<Index> points_x = window_points(g.in_width, g.out_width, wx, count_padding);
  parallel_rows(Index{g.batch} * g.out_height, in_row * wy.kernel, [&](Index row) {
    const Index n = row / g.out_height;
    const std::int32_t oy = static_cast<std::int32_t>(row % g.out_height);
    std::vector<T> columns(static_cast<std::size_t>(in_row), T(0));
    const Taps rows = taps(oy, g.in_height, wy);
    for (std::int32_t ky = rows.first; ky < rows.end; ++ky) {
      const T* const line = x + (n * g.in_height + rows.start + ky * wy.dilation) * in_row;
      for (Index i = 0; i < in_row; ++i) columns[static_cast<std::size_t>(i)] += line[i];
    }
    const Index height = points_y[static_cast<std::size_t>(oy)];
    T* into = y + row * g.out_width * channels;
    for (std::int32_t ox = 0; ox < g.out_width; ++ox, into += channels) {
      std::fill(into, into + channels, T(0));
      const Taps across = taps(ox, g.in_width, wx);
      for (std::int32_t kx = across.first; kx < across.end; ++kx) {
        const T* const column = columns.data() + (across.start + kx * wx.dilation) * channels;
        for (Index c = 0; c < channels; ++c) into[c] += column[c];
      }
      const T count = static_cast<T>(height * points_x[static_cast<std::size_t>(ox)]);
      for (Index c = 0; c < channels; ++c) into[c] /= count;
    }
  });
}

// Each input row has one owner: it adds the shares of the output rows that read it, then hands the
// result on to its own points.
template <class T>
void average_pool_gradient(const ConvGeometry& g, bool count_padding, const T* cotangent,
                           T* x_gradient) {
  const integrad_window wy = g.window.y, wx = g.window.x;
  const Index channels = g.out_channels, in_row = Index{g.in_width} * channels;
  const Index out_row = Index{g.out_width} * channels;
  const std::vector<Index> points_y = window_points(g.in_height, g.out_height, wy, count_padding);
  const std::vector<Index> points_x = window_points(g.in_width, g.out_width, wx, count_padding);
  parallel_rows(Index{g.batch} * g.in_height, in_row * wy.kernel, [&](Index row) {
    const Index n = row / g.in_height, iy = row % g.in_height;
    std::vector<T> shares(static_cast<std::size_t>(out_row), T(0));
    for_each_reader(iy, g.out_height, wy, [&](std::int32_t oy, std::int32_t) {
      const Index height = points_y[static_cast<std::size_t>(oy)];
      const T* d = cotangent + (n * g.out_height + oy) * out_row;
      T* share = shares.data();
      for (const Index width : points_x) {
        const T count = static_cast<T>(height * width);
        for (Index c = 0; c < channels; ++c) share[c] += d[c] / count;
        share += channels;
        d += channels;
      }
    });
    T* const into = x_gradient + row * in_row;
    std::fill(into, into + in_row, T(0));
    const T* share = shares.data();
    for (std::int32_t ox = 0; ox < g.out_width; ++ox, share += channels) {
      const Taps across = taps(ox, g.in_width, wx);
      for (std::int32_t kx = across.first; kx < across.end; ++kx) {
        T* const point = into + (across.start + kx * wx.dilation) * channels;
        for (Index c = 0; c < channels; ++c) point[c] += share[c];
      }
    }
  });
}

template void average_pool_forward(const ConvGeometry&, bool, const float*, float*);
template void average_pool_forward(const ConvGeometry&, bool, const double*, double*);
template void average_pool_gradient(const ConvGeometry&, bool, const float*, float*);
template void average_pool_gradient(const ConvGeometry&, bool, const double*, double*);

}  // namespace integrad::kernels
