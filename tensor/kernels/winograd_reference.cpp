#include "integrad/tensor/kernels/winograd.h"

#include <algorithm>
#include <cmath>

#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels::reference {

namespace {

/// A row of pixels, zero beyond its ends.
template <class T>
struct Pixels {
  const T* row;
  Index width, channels;
  T at(Index x, Index channel) const {
    return x < 0 || x >= width ? T(0) : row[x * channels + channel];
  }
  winograd::Six<T> factors(Index start, Index c) const {
    return winograd::points<T>({at(start, c), at(start + 1, c), at(start + 2, c), at(start + 3, c),
                                at(start + 4, c), at(start + 5, c)});
  }
};

/// Four outputs: for_each_term(visit) calls visit(points, taps) with the factors of each row of
/// taps and channel that they read, in order, and may do so again.
template <class T, class Terms>
std::array<T, 4> four(T bias, Terms&& for_each_term) {
  using namespace winograd;
  // Adds the products first and second of each term.
  const auto add = [&](std::size_t first, std::size_t second, T& p, T& q) {
    for_each_term([&](const Six<T>& d, const Six<T>& g) {
      p = std::fma(d[first], g[first], p);
      q = std::fma(d[second], g[second], q);
    });
  };
  T pa = T(0), na = T(0), pb = T(0), nb = T(0);
  add(1, 2, pa, na);
  add(3, 4, pb, nb);
  const T even_a = pa + na, odd_a = pa - na, even_b = pb + nb, odd_b = pb - nb;
  T y0 = (even_a + even_b) + bias, y3 = std::fma(T(b3), odd_b, T(a3) * odd_a) + bias;
  add(0, 5, y0, y3);
  return {y0 + T(0), (std::fma(T(b), odd_b, T(a) * odd_a) + bias) + T(0),
          (std::fma(T(b2), even_b, T(a2) * even_a) + bias) + T(0), y3 + T(0)};
}

/// Stores four outputs, or those of the last four that there are.
template <class T>
void store_four(const std::array<T, 4>& values, Index ox, Index width, Index channels, T* at) {
  for (Index i = 0; i < 4 && ox + i < width; ++i)
    at[(ox + i) * channels] = values[static_cast<std::size_t>(i)];
}

}  // namespace

template <class T>
void winograd_forward(const ConvGeometry& g, const T* x, const T* filter, const T* bias, T* y) {
  const Index inputs = g.in_channels, outputs = g.out_channels;
  const integrad_window wy = g.window.y;
  parallel_for(Index{g.batch} * g.out_height, 1, [&](Index row, Index) {
    const Index n = row / g.out_height;
    const std::int32_t y0 =
        integrad_window_start(static_cast<std::int32_t>(row % g.out_height), wy);
    for (Index ox = 0; ox < g.out_width; ox += 4)
      for (Index o = 0; o < outputs; ++o) {
        const auto terms = [&](auto&& visit) {
          for (std::int32_t ky = 0; ky < wy.kernel; ++ky) {
            const Index iy = y0 + ky * wy.dilation;
            if (iy < 0 || iy >= g.in_height) continue;
            const Pixels<T> pixels{x + (n * g.in_height + iy) * g.in_width * inputs, g.in_width,
                                   inputs};
            const T* const taps = filter + (o * wy.kernel + ky) * 3 * inputs;
            for (Index ci = 0; ci < inputs; ++ci)
              visit(pixels.factors(ox - g.window.x.pad_before, ci),
                    winograd::taps(taps[ci], taps[inputs + ci], taps[2 * inputs + ci]));
          }
        };
        store_four(four(bias != nullptr ? bias[o] : T(0), terms), ox, g.out_width, outputs,
                   y + row * g.out_width * outputs + o);
      }
  });
}

// The outputs that four inputs were read by, as a convolution with the taps in reverse.
template <class T>
void winograd_input_gradient(const ConvGeometry& g, const T* cotangent, const T* filter,
                             T* x_gradient) {
  const Index inputs = g.in_channels, outputs = g.out_channels;
  const integrad_window wy = g.window.y;
  parallel_for(Index{g.batch} * g.in_height, 1, [&](Index row, Index) {
    const Index n = row / g.in_height, iy = row % g.in_height;
    for (Index ix = 0; ix < g.in_width; ix += 4)
      for (Index ci = 0; ci < inputs; ++ci) {
        const auto terms = [&](auto&& visit) {
          for (std::int32_t ky = wy.kernel - 1; ky >= 0; --ky) {
            const Index ty = iy + wy.pad_before - Index{ky} * wy.dilation, oy = ty / wy.stride;
            if (ty < 0 || ty % wy.stride != 0 || oy >= g.out_height) continue;
            const Pixels<T> pixels{cotangent + (n * g.out_height + oy) * g.out_width * outputs,
                                   g.out_width, outputs};
            for (Index o = 0; o < outputs; ++o) {
              const T* const taps = filter + (o * wy.kernel + ky) * 3 * inputs + ci;
              visit(pixels.factors(ix + g.window.x.pad_before - 2, o),
                    winograd::taps(taps[2 * inputs], taps[inputs], taps[0]));
            }
          }
        };
        store_four(four(T(0), terms), ix, g.in_width, inputs,
                   x_gradient + row * g.in_width * inputs + ci);
      }
  });
}

template <class T>
void winograd_filter_gradient(const ConvGeometry& g, const T* x, const T* cotangent,
                              T* filter_gradient, T* bias_gradient) {
  const Index inputs = g.in_channels, outputs = g.out_channels;
  const integrad_window wy = g.window.y;
  const Index factors = outputs * wy.kernel * 6 * inputs;  // [o][ky][6][ci]
  const auto band = [&](Index begin, Index end, T* partial) {
    for (Index row = begin; row < end; ++row) {
      const Index n = row / g.out_height;
      const std::int32_t y0 =
          integrad_window_start(static_cast<std::int32_t>(row % g.out_height), wy);
      const T* const line = cotangent + row * g.out_width * outputs;
      for (Index o = 0; o < outputs; ++o)
        partial[factors + o] += row_sum(line + o, g.out_width, outputs);
      const Pixels<T> cotangents{line, g.out_width, outputs};
      for (std::int32_t ky = 0; ky < wy.kernel; ++ky) {
        const Index iy = y0 + ky * wy.dilation;
        if (iy < 0 || iy >= g.in_height) continue;
        const Pixels<T> pixels{x + (n * g.in_height + iy) * g.in_width * inputs, g.in_width,
                               inputs};
        for (Index ox = 0; ox < g.out_width; ox += 4)
          for (Index o = 0; o < outputs; ++o) {
            const auto d =
                winograd::cotangents<T>({cotangents.at(ox, o), cotangents.at(ox + 1, o),
                                         cotangents.at(ox + 2, o), cotangents.at(ox + 3, o)});
            for (Index ci = 0; ci < inputs; ++ci) {
              const auto points = pixels.factors(ox - g.window.x.pad_before, ci);
              T* const into = partial + (o * wy.kernel + ky) * 6 * inputs + ci;
              for (std::size_t i = 0; i < 6; ++i) {
                T& sum = into[static_cast<Index>(i) * inputs];
                sum = std::fma(points[i], d[i], sum);
              }
            }
          }
      }
    }
  };
  const Index rows = Index{g.batch} * g.out_height, weights = factors / 2;
  sum_bands<T>(
      rows, band_rows(rows, weights + outputs), factors + outputs, band, [&](const T* total) {
        for (Index run = 0; run < outputs * wy.kernel; ++run)
          for (Index ci = 0; ci < inputs; ++ci) {
            const T* const from = total + run * 6 * inputs + ci;
            const auto taps =
                winograd::tap_gradients<T>({from[0], from[inputs], from[2 * inputs],
                                            from[3 * inputs], from[4 * inputs], from[5 * inputs]});
            for (Index kx = 0; kx < 3; ++kx)
              filter_gradient[(run * 3 + kx) * inputs + ci] =
                  taps[static_cast<std::size_t>(kx)] + T(0);
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
