#include "integrad/tensor/kernels/max_pool.h"

#include <algorithm>
#include <type_traits>

#include "integrad/tensor/buffer.h"
#include "integrad/tensor/kernels/norm_lines.h"
#include "integrad/tensor/kernels/rows.h"

namespace integrad::kernels {

bool windows_tile(const ConvGeometry& g) {
  const auto along = [](const integrad_window& w, Index inputs, Index outputs) {
    return w.stride == w.kernel && w.dilation == 1 && w.pad_before == 0 &&
           outputs * w.stride <= inputs;
  };
  return along(g.window.y, g.in_height, g.out_height) && along(g.window.x, g.in_width, g.out_width);
}

PoolRow tiled_row(const ConvGeometry& g) {
  return {.channels = g.in_channels,
          .out_width = g.out_width,
          .kernel_y = g.window.y.kernel,
          .kernel_x = g.window.x.kernel};
}

void unpool_row(const ConvGeometry& g, const float* pooled, const std::uint8_t* winners, Index row,
                Span pixels, float* into) {
  PoolRow r = tiled_row(g);
  const Index covered = row / r.kernel_y < g.out_height ? r.out_width * r.kernel_x : 0;
  const Index first = pixels.begin / r.kernel_x * r.channels;
  r.out_width = std::max<Index>(std::min(covered, pixels.end) - pixels.begin, 0) / r.kernel_x;
  if (r.out_width > 0)
    float_kernels().spread_row(r, row % r.kernel_y, pooled + first, winners + first, into);
  std::fill(into + r.out_width * r.kernel_x * r.channels, into + pixels.count() * r.channels, 0.0f);
}

namespace {

constexpr Index kBlock = 64;  // channels whose maxima stay in the first-level cache

// Calls visit(tap, point) for the taps of output (oy, ox) that lie inside the image, in row-major
// order; point is channel 0 there. `rows` begin with the input's row `first`.
template <class T, class Visit>
void visit_taps(const ConvGeometry& g, Index oy, std::int32_t ox, const RingRows<T>& rows,
                Index first, Visit&& visit) {
  const integrad_window wy = g.window.y, wx = g.window.x;
  const std::int32_t y0 = integrad_window_start(static_cast<std::int32_t>(oy), wy);
  const std::int32_t x0 = integrad_window_start(ox, wx);
  const std::int32_t end_y = integrad_window_end_tap(y0, g.in_height, wy);
  const std::int32_t end_x = integrad_window_end_tap(x0, g.in_width, wx);
  for (std::int32_t ky = integrad_window_first_tap(y0, wy); ky < end_y; ++ky)
    for (std::int32_t kx = integrad_window_first_tap(x0, wx); kx < end_x; ++kx) {
      const Index iy = y0 + ky * wy.dilation, ix = x0 + kx * wx.dilation;
      visit(ky * wx.kernel + kx, rows.row(iy - first) + ix * g.in_channels);
    }
}

// The rows of the input that an output row reads, as a range.
struct Rows {
  Index begin, end;
};
Rows rows_of(const ConvGeometry& g, Index oy) {
  const integrad_window w = g.window.y;
  const std::int32_t start = integrad_window_start(static_cast<std::int32_t>(oy), w);
  return {std::max(start, 0), std::min(start + integrad_window_extent(w), g.in_height)};
}

// One output row, from the input rows at `rows`.
template <class T>
void pool_row(const ConvGeometry& g, Index oy, const RingRows<T>& rows, Index first, T* y,
              std::uint8_t* winners) {
  if constexpr (std::is_same_v<T, float>) {
    if (windows_tile(g)) return float_kernels().max_pool_row(tiled_row(g), rows, y, winners);
  }
  // As wide as T, so that value and winner share a SIMD lane; narrowed once per window.
  using Lane = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  const Index channels = g.out_channels;
  for (std::int32_t ox = 0; ox < g.out_width; ++ox)
    for (Index c0 = 0; c0 < channels; c0 += kBlock) {
      const Index block = std::min(kBlock, channels - c0);
      T best[kBlock];
      Lane winner[kBlock];
      bool none = true;
      visit_taps(g, oy, ox, rows, first, [&](std::int32_t tap, const T* point) {
        const T* candidate = point + c0;
        if (none) {
          std::copy(candidate, candidate + block, best);
          std::fill(winner, winner + block, Lane{tap});
          none = false;
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

// Adds the pooled row that reads this row of the input with its taps ky.
template <class T>
void spread_row(const ConvGeometry& g, std::int32_t ky, const T* pooled,
                const std::uint8_t* winners, T* into) {
  const integrad_window wx = g.window.x;
  const Index channels = g.out_channels;
  for (std::int32_t ox = 0; ox < g.out_width; ++ox) {
    const std::int32_t x0 = integrad_window_start(ox, wx);
    const std::int32_t end_x = integrad_window_end_tap(x0, g.in_width, wx);
    for (std::int32_t kx = integrad_window_first_tap(x0, wx); kx < end_x; ++kx) {
      const std::int32_t tap = ky * wx.kernel + kx;
      const T* const from = pooled + ox * channels;
      const std::uint8_t* const winner = winners + ox * channels;
      T* const point = into + (x0 + kx * wx.dilation) * channels;
      for (Index c = 0; c < channels; ++c) {
        const T value = from[c];  // read in any case: a loop without branches is vectorised
        point[c] += winner[c] == tap ? value : T(0);
      }
    }
  }
}

template <class T>
void pick_row(const ConvGeometry& g, Index oy, const RingRows<T>& rows, Index first,
              const std::uint8_t* winners, T* into) {
  if constexpr (std::is_same_v<T, float>) {
    if (windows_tile(g)) return float_kernels().pick_row(tiled_row(g), rows, winners, into);
  }
  const Index channels = g.out_channels;
  for (std::int32_t ox = 0; ox < g.out_width; ++ox, into += channels, winners += channels) {
    std::fill(into, into + channels, T(0));
    visit_taps(g, oy, ox, rows, first, [&](std::int32_t tap, const T* from) {
      for (Index c = 0; c < channels; ++c) {
        const T value = from[c], kept = into[c];
        into[c] = winners[c] == tap ? value : kept;
      }
    });
  }
}

}  // namespace

template <class T>
void max_pool_forward(const ConvGeometry& g, const LineSource<T>& x, StoredTarget<T> y,
                      std::uint8_t* winners) {
  const Lines lines = Lines::of(g.output());
  parallel_lines(lines, [&] {
    return [&, input = InputRows<T>(x, g.in_height, integrad_window_extent(g.window.y)),
            output = LineWriter<T>(y, {}, lines.size())](Index line) mutable {
      const Index oy = line % g.out_height;
      const Rows r = rows_of(g, oy);
      const RingRows<T> rows = input.rows(line / g.out_height, r.begin, r.end);
      output.line(line, [&](T* into) {
        pool_row(g, oy, rows, r.begin, into, winners + line * lines.size());
      });
    };
  });
}

// Each input row asks the windows that reach it: no two threads add to a point.
template <class T>
LineSource<T> spread_to_winners(const ConvGeometry& g, LineSource<T> pooled,
                                const std::uint8_t* winners) {
  const int maps_read = pooled.maps_read;
  std::vector<LinePlace> places = pooled.places;
  places.push_back({winners, pooled.lines.size()});
  for (LinePlace& place : places) place.each *= g.window.y.kernel;
  const Lines lines = Lines::of(g.input());
  const bool tile = windows_tile(g);
  // Rows of windows from the first that reaches a row of the input to the last.
  const Index most = (integrad_window_extent(g.window.y) - 1) / g.window.y.stride + 1;
  const auto reader = [=, pooled = std::move(pooled)]() -> LineReader<T> {
    const auto whole = [g, winners, size = pooled.lines.size(),
                        rows = InputRows<T>(pooled, g.out_height, most)](Index line,
                                                                         T* into) mutable {
      const Index n = line / g.in_height, iy = line % g.in_height;
      Index begin = g.out_height, end = 0;
      for_each_reader(iy, g.out_height, g.window.y, [&](Index oy, std::int32_t) {
        begin = std::min(begin, oy);
        end = oy + 1;
      });
      std::fill_n(into, g.in_width * Index{g.in_channels}, T(0));
      if (begin >= end) return;
      const RingRows<T> reaching = rows.rows(n, begin, end);
      for_each_reader(iy, g.out_height, g.window.y, [&](Index oy, std::int32_t ky) {
        spread_row(g, ky, reaching.row(oy - begin), winners + (n * g.out_height + oy) * size, into);
      });
    };
    auto pieces = pieces_of<T>(lines, whole);
    if constexpr (std::is_same_v<T, float>) {
      if (tile)
        return [g, winners, size = pooled.lines.size(), pieces = std::move(pieces),
                rows = InputRows<T>(pooled, g.out_height, 1)](Index line, Span pixels,
                                                              T* into) mutable {
          const Index kernel_x = g.window.x.kernel;
          if (pixels.begin % kernel_x != 0 ||
              (pixels.end % kernel_x != 0 && pixels.end != g.in_width))
            return pieces(line, pixels, into);
          const Index n = line / g.in_height, iy = line % g.in_height;
          const Index oy = std::min<Index>(iy / g.window.y.kernel, g.out_height - 1);
          unpool_row(g, rows.rows(n, oy, oy + 1).first, winners + (n * g.out_height + oy) * size,
                     iy, pixels, into);
        };
    }
    return pieces;
  };
  return {lines, nullptr, reader, maps_read, tile ? std::move(places) : std::vector<LinePlace>{}};
}

template <class T>
LineSource<T> pick_winners(const ConvGeometry& g, LineSource<T> spread,
                           const std::uint8_t* winners) {
  const Lines lines = Lines::of(g.output());
  return {lines, nullptr, [=, spread = std::move(spread)]() -> LineReader<T> {
            return pieces_of<T>(lines, [g, winners, size = lines.size(),
                                        input = InputRows<T>(spread, g.in_height,
                                                             integrad_window_extent(g.window.y))](
                                           Index line, T* into) mutable {
              const Index oy = line % g.out_height;
              const Rows r = rows_of(g, oy);
              pick_row(g, oy, input.rows(line / g.out_height, r.begin, r.end), r.begin,
                       winners + line * size, into);
            });
          }};
}

template void max_pool_forward(const ConvGeometry&, const LineSource<float>&, StoredTarget<float>,
                               std::uint8_t*);
template void max_pool_forward(const ConvGeometry&, const LineSource<double>&, StoredTarget<double>,
                               std::uint8_t*);
template LineSource<float> spread_to_winners(const ConvGeometry&, LineSource<float>,
                                             const std::uint8_t*);
template LineSource<double> spread_to_winners(const ConvGeometry&, LineSource<double>,
                                              const std::uint8_t*);
template LineSource<float> pick_winners(const ConvGeometry&, LineSource<float>,
                                        const std::uint8_t*);
template LineSource<double> pick_winners(const ConvGeometry&, LineSource<double>,
                                         const std::uint8_t*);

}  // namespace integrad::kernels
