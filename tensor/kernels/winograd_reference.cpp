#include "integrad/tensor/kernels/winograd.h"

#include <algorithm>
#include <cmath>

#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels::reference {

namespace {

using winograd::Six;

template <class T>
struct Map {
  const T* values;
  Index height, width, channels;
  /// A row of image n; none beyond it.
  const T* row(Index n, Index y) const {
    return y < 0 || y >= height ? nullptr : values + (n * height + y) * width * channels;
  }
};

/// A factor of some rows: pixels of one, with those of another added or subtracted.
template <class T>
struct Pixels {
  const T *of, *with;  // null: zeros
  float sign;
  Index width, channels;
  T at(Index x, Index channel) const {
    if (x < 0 || x >= width) return T(0);
    const auto value = [&](const T* row) {
      return row == nullptr ? T(0) : row[x * channels + channel];
    };
    if (sign == 0) return value(of);
    return sign > 0 ? value(of) + value(with) : value(of) - value(with);
  }
  Six<T> factors(Index start, Index c) const {
    return winograd::points<T>({at(start, c), at(start + 1, c), at(start + 2, c), at(start + 3, c),
                                at(start + 4, c), at(start + 5, c)});
  }
};

/// Factor k of the four rows from y on.
template <class T>
Pixels<T> row_factor(const Map<T>& x, Index n, Index y, int k) {
  const winograd::RowFactor& f = winograd::row_factors[k];
  return {x.row(n, y + f.of), x.row(n, y + f.with), f.sign, x.width, x.channels};
}

/// Four outputs of an upper or a lower row: for_each_term(k, visit) calls visit(points, taps) with
/// the factors of each channel, in order, k being the factor along y.
template <class T, class Terms>
std::array<T, 4> four(bool lower, T bias, Terms&& for_each_term) {
  using namespace winograd;
  const auto add = [&](int k, Six<T>& p) {
    for_each_term(k, [&](const Six<T>& d, const Six<T>& g) {
      for (std::size_t i = 0; i < 6; ++i) p[i] = std::fma(d[i], g[i], p[i]);
    });
  };
  Six<T> p = {}, q = {};
  add(1, p);
  add(2, q);
  for (std::size_t i = 0; i < 6; ++i) p[i] = lower ? p[i] - q[i] : p[i] + q[i];
  add(lower ? 3 : 0, p);
  const T even_a = p[0] + p[1], odd_a = p[0] - p[1], even_b = p[2] + p[3], odd_b = p[2] - p[3];
  const T y[4] = {(even_a + even_b) + p[4], std::fma(T(b), odd_b, T(a) * odd_a),
                  std::fma(T(b2), even_b, T(a2) * even_a),
                  std::fma(T(b3), odd_b, T(a3) * odd_a) + p[5]};
  return {(y[0] + bias) + T(0), (y[1] + bias) + T(0), (y[2] + bias) + T(0), (y[3] + bias) + T(0)};
}

/// Windows begin `pad_y` and `pad_x` points before the output; tap(o, ky, kx, ci) reads the filter.
template <class T, class Tap>
void convolve(Index batch, const Map<T>& x, Index pad_y, Index pad_x, Tap&& tap, const T* bias,
              Index height, Index width, Index outputs, T* y) {
  parallel_for(batch * height, 1, [&](Index row, Index) {
    const Index n = row / height, oy = row % height;
    const bool lower = oy % 2 != 0;
    for (Index ox = 0; ox < width; ox += 4)
      for (Index o = 0; o < outputs; ++o) {
        const auto terms = [&](int k, auto&& visit) {
          const Pixels<T> pixels = row_factor(x, n, oy - lower - pad_y, k);
          for (Index ci = 0; ci < x.channels; ++ci) {
            const auto taps = [&](Index kx) {
              return winograd::row_taps(k, tap(o, 0, kx, ci), tap(o, 1, kx, ci), tap(o, 2, kx, ci));
            };
            visit(pixels.factors(ox - pad_x, ci), winograd::taps(taps(0), taps(1), taps(2)));
          }
        };
        const auto values = four(lower, bias != nullptr ? bias[o] : T(0), terms);
        for (Index i = 0; i < 4 && ox + i < width; ++i)
          y[(row * width + ox + i) * outputs + o] = values[static_cast<std::size_t>(i)];
      }
  });
}

}  // namespace

template <class T>
void winograd_forward(const ConvGeometry& g, const T* x, const T* filter, const T* bias, T* y) {
  const Index inputs = g.in_channels;
  const auto tap = [&](Index o, Index ky, Index kx, Index ci) {
    return filter[((o * 3 + ky) * 3 + kx) * inputs + ci];
  };
  convolve(g.batch, Map<T>{x, g.in_height, g.in_width, inputs}, g.window.y.pad_before,
           g.window.x.pad_before, tap, bias, g.out_height, g.out_width, g.out_channels, y);
}

// The outputs that each input was read by, as a convolution with the taps in reverse.
template <class T>
void winograd_input_gradient(const ConvGeometry& g, const T* cotangent, const T* filter,
                             T* x_gradient) {
  const Index inputs = g.in_channels;
  const auto tap = [&](Index ci, Index ky, Index kx, Index o) {
    return filter[((o * 3 + 2 - ky) * 3 + 2 - kx) * inputs + ci];
  };
  convolve(g.batch, Map<T>{cotangent, g.out_height, g.out_width, g.out_channels},
           2 - g.window.y.pad_before, 2 - g.window.x.pad_before, tap,
           static_cast<const T*>(nullptr), g.in_height, g.in_width, inputs, x_gradient);
}

template <class T>
void winograd_filter_gradient(const ConvGeometry& g, const T* x, const T* cotangent,
                              T* filter_gradient, T* bias_gradient) {
  const Index inputs = g.in_channels, outputs = g.out_channels;
  const Map<T> map{x, g.in_height, g.in_width, inputs};
  const Map<T> cotangents{cotangent, g.out_height, g.out_width, outputs};
  const Index factors = 4 * 6 * inputs * outputs;  // [k][6][ci][o]
  // Rows oy and oy + 1 of image n, or the one that is there.
  const auto pair = [&](Index n, Index oy, const T* upper, const T* lower, T* partial) {
    const T* const rows[2] = {upper, lower};
    for (int k = upper != nullptr ? 0 : 1; k < (lower != nullptr ? 4 : 3); ++k) {
      const winograd::RowFactor& f = winograd::row_cotangents[k];
      const Pixels<T> points = row_factor(map, n, oy - g.window.y.pad_before, k);
      const Pixels<T> d{rows[f.of], rows[f.with], f.sign, g.out_width, outputs};
      for (Index ox = 0; ox < g.out_width; ox += 4)
        for (Index o = 0; o < outputs; ++o) {
          const auto product = winograd::cotangents<T>(
              {d.at(ox, o), d.at(ox + 1, o), d.at(ox + 2, o), d.at(ox + 3, o)});
          for (Index ci = 0; ci < inputs; ++ci) {
            const auto point = points.factors(ox - g.window.x.pad_before, ci);
            for (std::size_t i = 0; i < 6; ++i) {
              T& sum = partial[((k * 6 + static_cast<Index>(i)) * inputs + ci) * outputs + o];
              sum = std::fma(point[i], product[i], sum);
            }
          }
        }
    }
  };
  const auto band = [&](Index begin, Index end, T* partial) {
    for (Index row = begin; row < end; ++row) {
      const Index n = row / g.out_height, oy = row % g.out_height;
      const T* const line = cotangents.row(n, oy);
      for (Index o = 0; o < outputs; ++o)
        partial[factors + o] += row_sum(line + o, g.out_width, outputs);
      if (oy % 2 != 0)
        pair(n, oy - 1, row > begin ? cotangents.row(n, oy - 1) : nullptr, line, partial);
      else if (row + 1 == end || oy + 1 == g.out_height)
        pair(n, oy, line, nullptr, partial);
    }
  };
  const Index rows = Index{g.batch} * g.out_height, weights = 9 * inputs * outputs;
  sum_bands<T>(
      rows, band_rows(rows, weights + outputs), factors + outputs, band, [&](const T* total) {
        for (Index o = 0; o < outputs; ++o)
          for (Index ci = 0; ci < inputs; ++ci) {
            const auto value = [&](Index k, Index i) {
              return total[((k * 6 + i) * inputs + ci) * outputs + o];
            };
            const auto taps = winograd::filter_gradients<T>(value);
            for (Index tap = 0; tap < 9; ++tap)
              filter_gradient[(o * 9 + tap) * inputs + ci] = taps[static_cast<std::size_t>(tap)];
          }
        if (bias_gradient != nullptr) std::copy_n(total + factors, outputs, bias_gradient);
      });
}

template void winograd_forward(const ConvGeometry&, const float*, const float*, const float*,
                               float*);
template void winograd_forward(const ConvGeometry&, const double*, const double*, const double*,
                               double*);
template void winograd_input_gradient(const ConvGeometry&, const float*, const float*, float*);
template void winograd_input_gradient(const ConvGeometry&, const double*, const double*, double*);
template void winograd_filter_gradient(const ConvGeometry&, const float*, const float*, float*,
                                       float*);
template void winograd_filter_gradient(const ConvGeometry&, const double*, const double*, double*,
                                       double*);

}  // namespace integrad::kernels::reference
