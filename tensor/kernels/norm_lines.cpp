#include "integrad/tensor/kernels/norm_lines.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "integrad/tensor/kernels/simd/float_kernels.h"

namespace integrad::kernels {

namespace reference {

namespace {

template <class T>
T line_value(const ChannelMap<T>& map, Index c, T x) {
  return std::fma(x, map.scale[c], map.shift[c]);
}

template <class T>
T line_cotangent(const ChannelMap<T>& map, Index c, T d, T y) {
  return !map.relu || line_value(map, c, y) > T(0) ? d : T(0);
}

// Adds block after block. In each, add(sum, point) adds a point to one of `ways` pairs of sums,
// which take its pixels in turn and are added up by halves.
template <class Sum, int ways, class Add>
void add_sums(Index pixels, Index channels, Add&& add, double* sums) {
  for (Index c = 0; c < channels; ++c)
    for (Index begin = 0; begin < pixels; begin += kSumBlock) {
      Sum sum[ways][2] = {};
      for (Index p = begin; p < std::min(begin + kSumBlock, pixels); ++p)
        add(sum[(p - begin) % ways], p * channels + c, c);
      for (int i = 0; i < 2; ++i) {
        Sum total = sum[0][i] + sum[1][i];
        if constexpr (ways == 4) total += sum[2][i] + sum[3][i];
        sums[i * channels + c] += static_cast<double>(total);
      }
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
  add_sums<double, 2>(
      pixels, channels,
      [y](double(&sum)[2], Index i, Index) {
        const double value = y[i];
        sum[0] += value;
        sum[1] = std::fma(value, value, sum[1]);
      },
      sums);
}

template <class T>
void add_gradient_sums(const ChannelMap<T>& map, Index pixels, Index channels, const T* d,
                       const T* y, double* sums) {
  add_sums<T, 4>(
      pixels, channels,
      [&](T(&sum)[2], Index i, Index c) {
        const T cotangent = line_cotangent(map, c, d[i], y[i]);
        sum[0] += cotangent;
        sum[1] = std::fma(cotangent, y[i], sum[1]);
      },
      sums);
}

template <class T>
void gradient_line(const ChannelMap<T>& map, const T* slope, const T* offset, Index pixels,
                   Index channels, const T* d, const T* y, T* dy) {
  for (Index p = 0; p < pixels; ++p)
    for (Index c = 0; c < channels; ++c) {
      const Index i = p * channels + c;
      const T cotangent = line_cotangent(map, c, d[i], y[i]);
      dy[i] = std::fma(y[i], slope[c], std::fma(cotangent, map.scale[c], offset[c]));
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
