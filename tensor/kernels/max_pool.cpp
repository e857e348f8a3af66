#include "integrad/tensor/kernels/max_pool.h"

#include <algorithm>
#include <type_traits>

#include "integrad/tensor/buffer.h"
#include "integrad/tensor/kernels/finished_rows.h"
#include "integrad/tensor/kernels/norm_lines.h"
#include "integrad/tensor/kernels/rows.h"
#include "integrad/tensor/kernels/simd/float_kernels.h"

namespace integrad::kernels {

bool windows_tile(const ConvGeometry& g) {
  const auto along = [](const integrad_window& w, Index inputs, Index outputs) {
    return w.stride == w.kernel && w.dilation == 1 && w.pad_before == 0 &&
           outputs * w.stride <= inputs;
  };
  return along(g.window.y, g.in_height, g.out_height) && along(g.window.x, g.in_width, g.out_width);
}

PoolRow pool_row(const ConvGeometry& g) {
  return {.channels = g.in_channels,
          .out_width = g.out_width,
          .kernel_y = g.window.y.kernel,
          .kernel_x = g.window.x.kernel,
          .row_step = Index{g.in_width} * g.in_channels};
}

void unpool_row(const ConvGeometry& g, const float* pooled, const std::uint8_t* winners, Index row,
                float* into) {
  const PoolRow r = pool_row(g);
  const bool inside = row / r.kernel_y < g.out_height;
  const Index covered = inside ? r.out_width * r.kernel_x * r.channels : 0;
  if (inside) float_kernels().spread_row(r, row % r.kernel_y, pooled, winners, into);
  std::fill(into + covered, into + r.row_step, 0.0f);
}

namespace {

constexpr Index kBlock = 64;  // channels whose maxima stay in the first-level cache

// Calls visit(tap, point) for the taps of output (oy, ox) that lie inside the image, in row-major
// order; point is the flat position of channel 0 in image n of the pool's input.
template <class Visit>
void visit_taps(const ConvGeometry& g, Index n, std::int32_t oy, std::int32_t ox, Visit&& visit) {
  const integrad_window wy = g.window.y, wx = g.window.x;
  const std::int32_t y0 = integrad_window_start(oy, wy), x0 = integrad_window_start(ox, wx);
  const std::int32_t end_y = integrad_window_end_tap(y0, g.in_height, wy);
  const std::int32_t end_x = integrad_window_end_tap(x0, g.in_width, wx);
  for (std::int32_t ky = integrad_window_first_tap(y0, wy); ky < end_y; ++ky)
    for (std::int32_t kx = integrad_window_first_tap(x0, wx); kx < end_x; ++kx) {
      const Index iy = y0 + ky * wy.dilation, ix = x0 + kx * wx.dilation;
      visit(ky * wx.kernel + kx, ((n * g.in_height + iy) * g.in_width + ix) * g.in_channels);
    }
}

// The rows that an output row reads, mapped where x is not stored as it is read.
template <class T>
class MappedRows {
 public:
  MappedRows(const ConvGeometry& g, const Mapped<T>& x, Index n, std::int32_t oy) : first_(x.data) {
    if (x.map == nullptr) return;
    const integrad_window w = g.window.y;
    const std::int32_t start = integrad_window_start(oy, w);
    const Index begin = std::max(start, 0);
    const Index end = std::min(start + integrad_window_extent(w), g.in_height);
    const Index row = Index{g.in_width} * g.in_channels;
    origin_ = (n * g.in_height + begin) * row;
    mapped_ = Buffer<T>::uninitialized(static_cast<std::size_t>((end - begin) * row));
    map_line(*x.map, (end - begin) * g.in_width, g.in_channels, x.data + origin_, mapped_.data());
    first_ = mapped_.data();
  }
  const T* at(Index point) const { return first_ + (point - origin_); }

 private:
  const T* first_;
  Index origin_ = 0;
  Buffer<T> mapped_;
};

// One row of the largest points by plain loops, for any windows.
template <class T>
void max_pool_row(const ConvGeometry& g, const Mapped<T>& x, Index row, T* y,
                  std::uint8_t* winners) {
  // As wide as T, so that value and winner share a SIMD lane; narrowed once per window.
  using Lane = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  const Index channels = g.out_channels, n = row / g.out_height;
  const std::int32_t oy = static_cast<std::int32_t>(row % g.out_height);
  const MappedRows<T> rows(g, x, n, oy);
  for (std::int32_t ox = 0; ox < g.out_width; ++ox)
    for (Index c0 = 0; c0 < channels; c0 += kBlock) {
      const Index block = std::min(kBlock, channels - c0);
      T best[kBlock];
      Lane winner[kBlock];
      bool first = true;
      visit_taps(g, n, oy, ox, [&](std::int32_t tap, Index point) {
        const T* candidate = rows.at(point) + c0;
        if (first) {
          std::copy(candidate, candidate + block, best);
          std::fill(winner, winner + block, Lane{tap});
          first = false;
          return;
        }
        for (Index c = 0; c < block; ++c) {
          const T a = best[c], b = candidate[c];
          const bool wins = (b > a) | ((b != b) & (a == a));
          best[c] = wins ? b : a;
          winner[c] = wins ? Lane{tap} : winner[c];
        }
      });
      const Index at = ox * channels + c0;
      std::copy(best, best + block, y + at);
      for (Index c = 0; c < block; ++c) winners[at + c] = static_cast<std::uint8_t>(winner[c]);
    }
}

// One row of the pool's input, by the windows that reach it: no two threads add to a point.
template <class T>
void spread_row(const ConvGeometry& g, const T* pooled, const std::uint8_t* winners, Index row,
                T* into) {
  const integrad_window wy = g.window.y, wx = g.window.x;
  const Index channels = g.out_channels, n = row / g.in_height, iy = row % g.in_height;
  std::fill(into, into + g.in_width * channels, T(0));
  for_each_reader(iy, g.out_height, wy, [&](std::int32_t oy, std::int32_t ky) {
    Index window = (n * g.out_height + oy) * g.out_width * channels;
    for (std::int32_t ox = 0; ox < g.out_width; ++ox, window += channels) {
      const std::int32_t x0 = integrad_window_start(ox, wx);
      const std::int32_t end_x = integrad_window_end_tap(x0, g.in_width, wx);
      for (std::int32_t kx = integrad_window_first_tap(x0, wx); kx < end_x; ++kx) {
        const std::int32_t tap = ky * wx.kernel + kx;
        const T* const from = pooled + window;
        const std::uint8_t* const winner = winners + window;
        T* const point = into + (x0 + kx * wx.dilation) * channels;
        for (Index c = 0; c < channels; ++c) {
          const T value = from[c];  // read in any case: a loop without branches is vectorised
          point[c] += winner[c] == tap ? value : T(0);
        }
      }
    }
  });
}

// The same where windows tile the image.
void spread_tiles(const ConvGeometry& g, const float* pooled, const std::uint8_t* winners,
                  Index row, float* into) {
  const Index n = row / g.in_height, iy = row % g.in_height;
  const Index oy = std::min<Index>(iy / g.window.y.kernel, g.out_height - 1);
  const Index window = (n * g.out_height + oy) * g.out_width * g.out_channels;
  unpool_row(g, pooled + window, winners + window, iy, into);
}

}  // namespace

template <class T>
void max_pool_forward(const ConvGeometry& g, const Mapped<T>& x, T* y, std::uint8_t* winners) {
  const Index row_size = Index{g.out_width} * g.out_channels;
  const bool fast = std::is_same_v<T, float> && windows_tile(g);
  parallel_rows(Index{g.batch} * g.out_height, row_size, [&](Index row) {
    T* const into = y + row * row_size;
    std::uint8_t* const winner = winners + row * row_size;
    if constexpr (std::is_same_v<T, float>) {
      if (fast) {
        const PoolRow r = pool_row(g);
        const Index first = row / g.out_height * g.in_height + row % g.out_height * r.kernel_y;
        return float_kernels().max_pool_row(r, x.map, x.data + first * r.row_step, into, winner);
      }
    }
    max_pool_row(g, x, row, into, winner);
  });
}

template <class T>
void max_pool_gradient(const ConvGeometry& g, const T* cotangent, const std::uint8_t* winners,
                       const Mapped<T>& x, const InputGradient<T>& into) {
  const bool fast = std::is_same_v<T, float> && windows_tile(g);
  const Index rows = Index{g.batch} * g.in_height;
  const Index row_size = std::max<Index>(1, Index{g.in_width} * g.in_channels);
  parallel_for(rows, std::max<Index>(1, kElementwiseGrain / row_size), [&](Index begin, Index end) {
    FinishedRows<T> finish(g, x, into);
    for (Index row = begin; row < end; ++row)
      finish.row(row, [&](T* to) {
        if constexpr (std::is_same_v<T, float>) {
          if (fast) return spread_tiles(g, cotangent, winners, row, to);
        }
        spread_row(g, cotangent, winners, row, to);
      });
  });
}

template <class T>
void spread_to_winners(const ConvGeometry& g, const T* pooled, const std::uint8_t* winners,
                       T* spread) {
  max_pool_gradient<T>(g, pooled, winners, {nullptr, nullptr}, {spread});
}

template <class T>
void pick_winners(const ConvGeometry& g, const T* spread, const std::uint8_t* winners, T* pooled) {
  const Index channels = g.out_channels;
  const bool fast = std::is_same_v<T, float> && windows_tile(g);
  parallel_rows(Index{g.batch} * g.out_height, Index{g.out_width} * channels, [&](Index row) {
    const Index n = row / g.out_height;
    const std::int32_t oy = static_cast<std::int32_t>(row % g.out_height);
    if constexpr (std::is_same_v<T, float>) {
      if (fast) {
        const PoolRow r = pool_row(g);
        const Index first = (n * g.in_height + oy * r.kernel_y) * r.row_step;
        const Index window = row * r.out_width * channels;
        return float_kernels().pick_row(r, spread + first, winners + window, pooled + window);
      }
    }
    for (std::int32_t ox = 0; ox < g.out_width; ++ox) {
      const Index window = (row * g.out_width + ox) * channels;
      T* const into = pooled + window;
      const std::uint8_t* const winner = winners + window;
      std::fill(into, into + channels, T(0));
      visit_taps(g, n, oy, ox, [&](std::int32_t tap, Index point) {
        const T* const from = spread + point;
        for (Index c = 0; c < channels; ++c) {
          const T value = from[c], kept = into[c];
          into[c] = winner[c] == tap ? value : kept;
        }
      });
    }
  });
}

template void max_pool_forward(const ConvGeometry&, const Mapped<float>&, float*, std::uint8_t*);
template void max_pool_forward(const ConvGeometry&, const Mapped<double>&, double*, std::uint8_t*);
template void max_pool_gradient(const ConvGeometry&, const float*, const std::uint8_t*,
                                const Mapped<float>&, const InputGradient<float>&);
template void max_pool_gradient(const ConvGeometry&, const double*, const std::uint8_t*,
                                const Mapped<double>&, const InputGradient<double>&);
template void spread_to_winners(const ConvGeometry&, const float*, const std::uint8_t*, float*);
template void spread_to_winners(const ConvGeometry&, const double*, const std::uint8_t*, double*);
template void pick_winners(const ConvGeometry&, const float*, const std::uint8_t*, float*);
template void pick_winners(const ConvGeometry&, const double*, const std::uint8_t*, double*);

}  // namespace integrad::kernels
