#include <algorithm>

#include "integrad/tensor/kernels/caches.h"
#include "integrad/tensor/kernels/fast.h"
#include "integrad/tensor/kernels/winograd.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels::fast {

namespace {

Index padded(Index channels) {
  return (channels + 15) / 16 * 16;
}

// Fours of pixels of a tile, at most.
Index tile_fours(const Pass& pass) {
  return pass.out_channels <= float_kernels().lanes ? kMaxFours : kMaxFours / 2;
}

Index scratch_floats(const Pass& pass, bool winograd) {
  if (winograd)
    return 6 * kMaxFours * kWinogradLanes + tile_fours(pass) * 6 * 3 * padded(pass.in_channels);
  const Index pixels = (kMaxTile - 1) * pass.x.stride + integrad_window_extent(pass.x);
  return pixels * pass.y.kernel * pass.in_channels + kMaxTile * pass.out_channels;
}

// False when the copies of the border, or the factors, or the packed filter would be absurdly
// large.
bool affordable(const Pass& pass, Index filter_values, bool winograd) {
  // In double: the product of hostile extents may exceed 64 bits.
  const double pixels = winograd ? 6.0 * kMaxFours
                                 : static_cast<double>((kMaxTile - 1) * pass.x.stride) +
                                       static_cast<double>(integrad_window_extent(pass.x));
  const double channels = static_cast<double>(pass.in_channels);
  const double of_gradient =
      winograd ? kWinogradChunk * 6.0 * (channels + static_cast<double>(pass.out_channels)) : 0;
  return std::max(pixels * pass.y.kernel * channels, of_gradient) <= double{1 << 22} &&
         filter_values <= (Index{1} << 28);
}

// Whether the pass, of a convolution with this geometry, works as winograd.h says.
bool winograd_for(Convolution kind, const ConvGeometry& g) {
  return kind == Convolution::full && is_winograd(g);
}

// Fours whose factors, and the rows that they are made of, stay in the first cache together: four
// rows of points, two of cotangents. Where those are few, sums of their products are read and
// written more often than that is worth.
Index winograd_chunk(Index in_channels, Index width) {
  const Index points = (4 * 4 + 6) * in_channels, cotangents = (2 * 4 + 6) * width;
  const Index fits = first_cache() / ((points + cotangents) * Index{sizeof(float)});
  return fits < 10 ? kWinogradChunk : std::min(fits, kWinogradChunk);
}

Index filter_values(Convolution kind, const Pass& pass, bool winograd) {
  const Index taps = winograd ? 4 * 6 : Index{pass.y.kernel} * pass.x.kernel;
  return taps * padded(pass.out_channels) * (kind == Convolution::full ? pass.in_channels : 1);
}

bool handled(Convolution kind, const ConvGeometry& g) {
  return kind == Convolution::full ? g.groups == 1 : g.in_channels == g.out_channels;
}

RowConvolution row_convolution(const Pass& pass, Index lanes) {
  return {.in_width = pass.in_width,
          .in_channels = pass.in_channels,
          .out_width = pass.out_width,
          .out_channels = pass.out_channels,
          .blocks = (pass.out_channels + lanes - 1) / lanes,
          .kernel_y = pass.y.kernel,
          .kernel_x = pass.x.kernel,
          .stride = pass.x.stride,
          .dilation = pass.x.dilation,
          .pad = pass.x.pad_before,
          .out_pixel_step = pass.out_pixel_step,
          .filter = nullptr,
          .bias = nullptr};
}

/// Writes a filter as RowConvolution wants it; value(o, ky, ci, kx) reads the caller's.
template <class Value>
void pack_full(const RowConvolution& c, Index lanes, Value&& value, float* into) {
  for (Index block = 0; block < c.blocks; block += 2) {
    const Index begin = block * lanes, end = std::min(block + 2, c.blocks) * lanes;
    for (Index ky = 0; ky < c.kernel_y; ++ky)
      for (Index ci = 0; ci < c.in_channels; ++ci)
        for (Index kx = 0; kx < c.kernel_x; ++kx)
          for (Index o = begin; o < end; ++o)
            *into++ = o < c.out_channels ? value(o, ky, ci, kx) : 0.0f;
  }
}

/// The same of the factors of 3x3 taps, two along x at a time.
template <class Value>
void pack_winograd(const RowConvolution& c, Index lanes, Value&& value, float* into) {
  const Index inputs = c.in_channels, pairs = (c.blocks + 1) / 2;
  const Index grain = std::max<Index>((Index{1} << 11) / lanes, 1);
  parallel_for(pairs * inputs, grain, [&](Index first, Index behind) {
    for (Index unit = first; unit < behind; ++unit) {
      const Index block = unit / inputs * 2, ci = unit % inputs, begin = block * lanes;
      const Index width = std::min<Index>(2, c.blocks - block) * lanes;
      const Index along_y = inputs * 2 * width, pair = 4 * along_y;
      const Index outputs = std::min(width, c.out_channels - begin);
      float* const to = into + 24 * block * lanes * inputs + ci * 2 * width;
      if (outputs < width)
        for (Index i = 0; i < 12; ++i) std::fill_n(to + i * along_y, 2 * width, 0.0f);
          // Without loops inside, which compilers might keep from vectors.
#pragma omp simd
      for (Index o = 0; o < outputs; ++o) {
        const auto put = [&](Index k) {
          const auto taps = [&](Index kx) {
            return winograd::row_taps(k, value(begin + o, 0, ci, kx), value(begin + o, 1, ci, kx),
                                      value(begin + o, 2, ci, kx));
          };
          const auto factors = winograd::taps(taps(0), taps(1), taps(2));
          float* const at = to + k * along_y + o;
          at[0] = factors[0];
          at[width] = factors[1];
          at[pair] = factors[2];
          at[pair + width] = factors[3];
          at[2 * pair] = factors[4];
          at[2 * pair + width] = factors[5];
        };
        put(0);
        put(1);
        put(2);
        put(3);
      }
    }
  });
}

template <class Value>
void pack_depthwise(const RowConvolution& c, Index lanes, Value&& value, float* into) {
  for (Index ky = 0; ky < c.kernel_y; ++ky)
    for (Index kx = 0; kx < c.kernel_x; ++kx)
      for (Index o = 0; o < c.blocks * lanes; ++o)
        *into++ = o < c.out_channels ? value(o, ky, 0, kx) : 0.0f;
}

template <class Value>
PackedPass pack(Convolution kind, bool winograd, const Pass& pass, const float* bias,
                Value&& value) {
  const FloatKernels& kernels = float_kernels();
  const bool full = kind == Convolution::full;
  PackedPass packed{.pass = pass,
                    .c = row_convolution(pass, kernels.lanes),
                    .filter = {},
                    .bias = {},
                    .kernel = winograd ? kernels.winograd_row
                              : full   ? kernels.conv_row
                                       : kernels.depthwise_row,
                    .scratch = std::max<Index>(1, scratch_floats(pass, winograd)),
                    .held = winograd ? 6 * padded(pass.out_channels) : 0};
  RowConvolution& c = packed.c;
  const Index width = c.blocks * kernels.lanes;
  const Index values =
      (winograd ? 4 * 6 : c.kernel_y * c.kernel_x) * width * (full ? c.in_channels : 1);
  packed.filter = Buffer<float>::uninitialized(static_cast<std::size_t>(values + 1));
  if (winograd)
    pack_winograd(c, kernels.lanes, value, packed.filter.data());
  else if (full)
    pack_full(c, kernels.lanes, value, packed.filter.data());
  else
    pack_depthwise(c, kernels.lanes, value, packed.filter.data());
  packed.bias = Buffer<float>::uninitialized(static_cast<std::size_t>(width));
  std::fill_n(packed.bias.data(), width, 0.0f);
  if (bias != nullptr) std::copy_n(bias, c.out_channels, packed.bias.data());
  c.filter = packed.filter.data();
  c.bias = packed.bias.data();
  return packed;
}

/// One axis of an input gradient, as a forward convolution over the cotangent: the inputs first,
/// first + stride, ... read the taps phase + t * stride, last tap first.
struct GradientAxis {
  integrad_window window;
  std::int32_t count;              // inputs
  std::int32_t tap_end, tap_step;  // tap t of the pass is tap_end - t * tap_step of the filter
};

GradientAxis gradient_axis(const integrad_window& w, std::int32_t inputs, std::int32_t first) {
  // Input i reads output (i + pad - tap * dilation) / stride, for the taps that leave no remainder.
  const std::int32_t phase = (first + w.pad_before) % w.stride;
  const std::int32_t taps =
      w.stride == 1 ? w.kernel : (std::max(0, w.kernel - phase) + w.stride - 1) / w.stride;
  const std::int32_t from = (first + w.pad_before - phase) / w.stride;
  return {.window = {taps, 1, w.dilation, (taps - 1) * w.dilation - from, 0},
          .count = first < inputs ? (inputs - first - 1) / w.stride + 1 : 0,
          .tap_end = phase + (taps - 1) * w.stride,
          .tap_step = w.stride};
}

Pass forward_geometry(const ConvGeometry& g) {
  return {.y = g.window.y,
          .x = g.window.x,
          .in_height = g.in_height,
          .in_width = g.in_width,
          .in_channels = g.in_channels,
          .out_height = g.out_height,
          .out_width = g.out_width,
          .out_channels = g.out_channels,
          .out_row_step = Index{g.out_width} * g.out_channels,
          .out_pixel_step = g.out_channels};
}

// From output to input: the channels change places.
Pass gradient_geometry(const ConvGeometry& g, const GradientAxis& y, const GradientAxis& x) {
  return {.y = y.window,
          .x = x.window,
          .in_height = g.out_height,
          .in_width = g.out_width,
          .in_channels = g.out_channels,
          .out_height = y.count,
          .out_width = x.count,
          .out_channels = g.in_channels,
          .out_row_step = Index{g.in_width} * g.in_channels * g.window.y.stride,
          .out_pixel_step = Index{g.in_channels} * g.window.x.stride};
}

}  // namespace

std::vector<PackedPass> pack_forward(Convolution kind, const ConvGeometry& g, const float* filter,
                                     const float* bias) {
  const Pass pass = forward_geometry(g);
  std::vector<PackedPass> passes;
  const bool winograd = winograd_for(kind, g);
  if (!handled(kind, g) || !affordable(pass, filter_values(kind, pass, winograd), winograd))
    return passes;
  const Index height = g.window.y.kernel, width = g.window.x.kernel;
  const Index channels = g.in_channels, outputs = g.out_channels;
  passes.push_back(kind == Convolution::full
                       ? pack(kind, winograd, pass, bias,
                              [=](Index o, Index ky, Index ci, Index kx) {
                                return filter[((o * height + ky) * width + kx) * channels + ci];
                              })
                       : pack(kind, winograd, pass, bias, [=](Index o, Index ky, Index, Index kx) {
                           return filter[(ky * width + kx) * outputs + o];
                         }));
  return passes;
}

std::vector<PackedPass> pack_input_gradient(Convolution kind, const ConvGeometry& g,
                                            const float* filter) {
  const integrad_window wy = g.window.y, wx = g.window.x;
  std::vector<PackedPass> passes;
  if (!handled(kind, g) || (wy.stride > 1 && wy.dilation > 1) || (wx.stride > 1 && wx.dilation > 1))
    return passes;
  const Pass widest =
      gradient_geometry(g, gradient_axis(wy, g.in_height, 0), gradient_axis(wx, g.in_width, 0));
  Pass whole = widest;  // the filter's own extents bound those of every pass
  whole.y.kernel = wy.kernel;
  whole.x.kernel = wx.kernel;
  const bool winograd = winograd_for(kind, g);
  if (!affordable(widest, filter_values(kind, whole, winograd), winograd)) return passes;
  const Index channels = g.in_channels, height = wy.kernel, width = wx.kernel;
  for (std::int32_t iy = 0; iy < std::min(wy.stride, g.in_height); ++iy)
    for (std::int32_t ix = 0; ix < std::min(wx.stride, g.in_width); ++ix) {
      const GradientAxis y = gradient_axis(wy, g.in_height, iy);
      const GradientAxis x = gradient_axis(wx, g.in_width, ix);
      const Pass pass = gradient_geometry(g, y, x);
      const auto tap = [=](Index ky, Index kx) {
        return (y.tap_end - ky * y.tap_step) * width + (x.tap_end - kx * x.tap_step);
      };
      passes.push_back(
          kind == Convolution::full
              ? pack(kind, winograd, pass, nullptr,
                     [=](Index ci, Index ky, Index o, Index kx) {
                       return filter[(o * height * width + tap(ky, kx)) * channels + ci];
                     })
              : pack(kind, winograd, pass, nullptr, [=](Index c, Index ky, Index, Index kx) {
                  return filter[tap(ky, kx) * channels + c];
                }));
      passes.back().offset = iy * (Index{g.in_width} * channels) + ix * channels;
    }
  return passes;
}

PackedGradient pack_filter_gradient(Convolution kind, const ConvGeometry& g, bool bias) {
  const Pass pass = forward_geometry(g);
  const bool winograd = winograd_for(kind, g);
  if (!handled(kind, g) || !affordable(pass, filter_values(kind, pass, winograd), winograd))
    return {};
  const FloatKernels& kernels = float_kernels();
  const integrad_window w = g.window.x;
  const Index room = Index{g.in_width} + w.pad_before - integrad_window_extent(w);
  const Index begin = (Index{w.pad_before} + w.stride - 1) / w.stride;
  const Index end = room < 0 ? 0 : std::min<Index>(room / w.stride + 1, g.out_width);
  const bool full = kind == Convolution::full, narrow = full && is_narrow(g);
  const Index lanes = narrow ? g.in_channels : g.out_channels;  // what lies along vectors
  const Index blocks = (lanes + kernels.lanes - 1) / kernels.lanes;
  const RowGradient c{.in_width = g.in_width,
                      .in_channels = g.in_channels,
                      .out_width = g.out_width,
                      .out_channels = g.out_channels,
                      .blocks = blocks,
                      .kernel_y = g.window.y.kernel,
                      .kernel_x = w.kernel,
                      .stride = w.stride,
                      .dilation = w.dilation,
                      .pad = w.pad_before,
                      .inner_begin = begin < end ? begin : 0,
                      .inner_end = begin < end ? end : 0,
                      .bias = bias,
                      .chunk = winograd_chunk(g.in_channels, blocks * kernels.lanes)};
  return {.kind = kind,
          .y = g.window.y,
          .c = c,
          .kernel = narrow     ? kernels.narrow_filter_row
                    : winograd ? kernels.winograd_filter_row
                    : full     ? kernels.conv_filter_row
                               : kernels.depthwise_filter_row,
          .rows = Index{g.batch} * g.out_height,
          .narrow = narrow,
          .winograd = winograd,
          .values = (winograd ? 4 * 6 : c.kernel_y * c.kernel_x) * (narrow ? c.out_channels
                                                                    : full ? c.in_channels
                                                                           : 1),
          .width = blocks * kernels.lanes};
}

}  // namespace integrad::kernels::fast
