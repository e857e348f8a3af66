#include "integrad/tensor/kernels/norm_lines.h"

#include <type_traits>

#include "integrad/tensor/kernels/simd/float_kernels.h"

namespace integrad::kernels {

namespace reference {

namespace {

template <class T>
T line_value(const ChannelMap<T>& map, Index c, T x) {
  return (x - map.mean[c]) * map.scale[c] + map.shift[c];
}

template <class T>
T line_cotangent(const ChannelMap<T>& map, Index c, T d, T y) {
  return !map.relu || line_value(map, c, y) > T(0) ? d : T(0);
}

// first(i, c) and second(i, c) give the terms of point i = pixel * channels + c.
template <class First, class Second>
void add_sums(Index pixels, Index channels, First&& first, Second&& second, double* sums) {
  for (Index c = 0; c < channels; ++c) {
    double a[2] = {}, b[2] = {};
    for (Index p = 0; p < pixels; ++p) {
      a[p % 2] += first(p * channels + c, c);
      b[p % 2] += second(p * channels + c, c);
    }
    sums[c] += a[0] + a[1];
    sums[channels + c] += b[0] + b[1];
  }
}

}  // namespace

template <class T>
void map_line(const ChannelMap<T>& map, Index pixels, Index channels, const T* x, T* z) {
  for (Index p = 0; p < pixels; ++p)
    for (Index c = 0; c < channels; ++c) {
      const T line = line_value(map, c, x[p * channels + c]);
      z[p * channels + c] = map.relu && line < T(0) ? T(0) : line;  // NaN stays
    }
}

template <class T>
void add_moments(Index pixels, Index channels, const T* y, double* sums) {
  const auto value = [y](Index i) { return static_cast<double>(y[i]); };
  add_sums(
      pixels, channels, [&](Index i, Index) { return value(i); },
      [&](Index i, Index) { return value(i) * value(i); }, sums);
}

template <class T>
void add_gradient_sums(const ChannelMap<T>& map, Index pixels, Index channels, const T* d,
                       const T* y, double* sums) {
  const auto cotangent = [&](Index i, Index c) {
    return static_cast<double>(line_cotangent(map, c, d[i], y[i]));
  };
  add_sums(
      pixels, channels, cotangent,
      [&](Index i, Index c) { return cotangent(i, c) * static_cast<double>(y[i]); }, sums);
}

template <class T>
void gradient_line(const ChannelMap<T>& map, const T* slope, const T* offset, Index pixels,
                   Index channels, const T* d, const T* y, T* dy) {
  for (Index p = 0; p < pixels; ++p)
    for (Index c = 0; c < channels; ++c) {
      const Index i = p * channels + c;
      dy[i] =
          (line_cotangent(map, c, d[i], y[i]) * map.scale[c] + (y[i] - map.mean[c]) * slope[c]) +
          offset[c];
    }
}

}  // namespace reference

template <class T>
void map_line(const ChannelMap<T>& map, Index pixels, Index channels, const T* x, T* z) {
  if constexpr (std::is_same_v<T, float>)
    float_kernels().map_row(map, pixels, channels, x, z);
  else
    reference::map_line(map, pixels, channels, x, z);
}

template <class T>
void add_moments(Index pixels, Index channels, const T* y, double* sums) {
  if constexpr (std::is_same_v<T, float>)
    float_kernels().moments_row(pixels, channels, y, sums);
  else
    reference::add_moments(pixels, channels, y, sums);
}

template <class T>
void add_gradient_sums(const ChannelMap<T>& map, Index pixels, Index channels, const T* d,
                       const T* y, double* sums) {
  if constexpr (std::is_same_v<T, float>)
    float_kernels().gradient_sums_row(map, pixels, channels, d, y, sums);
  else
    reference::add_gradient_sums(map, pixels, channels, d, y, sums);
}

template <class T>
void gradient_line(const ChannelMap<T>& map, const T* slope, const T* offset, Index pixels,
                   Index channels, const T* d, const T* y, T* dy) {
  if constexpr (std::is_same_v<T, float>)
    float_kernels().gradient_row(map, slope, offset, pixels, channels, d, y, dy);
  else
    reference::gradient_line(map, slope, offset, pixels, channels, d, y, dy);
}

template void map_line(const ChannelMap<float>&, Index, Index, const float*, float*);
template void add_moments(Index, Index, const float*, double*);
template void add_gradient_sums(const ChannelMap<float>&, Index, Index, const float*, const float*,
                                double*);
template void gradient_line(const ChannelMap<float>&, const float*, const float*, Index, Index,
                            const float*, const float*, float*);
template void map_line(const ChannelMap<double>&, Index, Index, const double*, double*);
template void add_moments(Index, Index, const double*, double*);
template void add_gradient_sums(const ChannelMap<double>&, Index, Index, const double*,
                                const double*, double*);
template void gradient_line(const ChannelMap<double>&, const double*, const double*, Index, Index,
                            const double*, const double*, double*);
template void reference::map_line(const ChannelMap<float>&, Index, Index, const float*, float*);
template void reference::add_moments(Index, Index, const float*, double*);
template void reference::add_gradient_sums(const ChannelMap<float>&, Index, Index, const float*,
                                           const float*, double*);
template void reference::gradient_line(const ChannelMap<float>&, const float*, const float*, Index,
                                       Index, const float*, const float*, float*);
template void reference::map_line(const ChannelMap<double>&, Index, Index, const double*, double*);
template void reference::add_moments(Index, Index, const double*, double*);
template void reference::add_gradient_sums(const ChannelMap<double>&, Index, Index, const double*,
                                           const double*, double*);
template void reference::gradient_line(const ChannelMap<double>&, const double*, const double*,
                                       Index, Index, const double*, const double*, double*);

}  // namespace integrad::kernels
