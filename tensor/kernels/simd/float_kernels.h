#pragma once
#include <cstdint>

#include "integrad/tensor/kernels/simd/channel_map.h"
#include "integrad/tensor/kernels/simd/logistic_slopes.h"
#include "integrad/tensor/kernels/simd/pair_row.h"
#include "integrad/tensor/kernels/simd/ring_rows.h"
#include "integrad/tensor/kernels/simd/row_destination.h"
#include "integrad/tensor/kernels/simd/upcoming.h"
#include "integrad/tensor/kernels/simd/winograd_numbers.h"

/// The float kernels that are compiled once per instruction set. Only plain data crosses this line,
/// and nothing here is an inline function: the linker might keep the copy that was compiled for the
/// widest registers. Extents are int64_t, counted in floats where they are steps.
namespace integrad::kernels {

/// Output pixels that a tile computes at most, in every instruction set.
inline constexpr std::int64_t kMaxTile = 20;
/// Of a Winograd convolution (simd/winograd_row.h, winograd_filter_row.h): the most fours of pixels
/// of a tile, channels whose factors lie side by side, and the most fours whose factors are made
/// at a time for a filter gradient.
inline constexpr std::int64_t kMaxFours = 12, kWinogradLanes = 16, kWinogradChunk = 64;

/// A convolution along x with packed operands; rows (y) are the caller's loop. `lanes` below is the
/// instruction set's vector length, and `blocks` = ceil(out_channels / lanes).
struct RowConvolution {
  std::int64_t in_width, in_channels, out_width, out_channels, blocks;
  std::int64_t kernel_y, kernel_x, stride, dilation, pad;
  std::int64_t out_pixel_step;  // between output pixels: out_channels, more when they interleave
  // Convolution: per pair of blocks [ky][ci][kx][2][lanes], an odd last block [ky][ci][kx][lanes].
  // Winograd: per pair of blocks [3][4][ci][2][2][lanes], of two factors along x each and the four
  // along y; an odd last block [3][4][ci][2][lanes].
  // Depthwise: [ky][kx][blocks][lanes]. Channels beyond the last are zeros.
  const float* filter;
  const float* bias;  // [blocks][lanes]
  bool relu = false;  // results go through max(., 0)
  PairRow row = {};   // Winograd
};

/// A filter gradient along x. Partial sums are [ky][kx][ci][blocks][lanes], for depthwise
/// [ky][kx][blocks][lanes], each followed by the bias gradient [blocks][lanes].
struct RowGradient {
  std::int64_t in_width, in_channels, out_width, out_channels, blocks;
  std::int64_t kernel_y, kernel_x, stride, dilation, pad;
  std::int64_t inner_begin, inner_end;  // outputs whose windows lie inside the row; 0, 0 if none
  bool bias = true;                     // whether the bias gradient is wanted
  // Winograd: whether the row is the lower one of its pair, whether the other one is added too, and
  // then, of a lower one, the upper one's cotangent.
  bool lower = false, paired = false;
  const float* upper = nullptr;
  std::int64_t chunk = kWinogradChunk;  // fours whose factors are made at a time
};

/// A convolution of stride 1 along x with few outputs, its input in planes: [in_channels][plane],
/// zeros beside the image.
struct NarrowRow {
  std::int64_t in_channels, out_width, out_channels, kernel_y, kernel_x, dilation;
  std::int64_t plane;   // between channels
  const float* filter;  // [out_channels][ky][ci][kx]
  const float* bias;    // [out_channels]
};

/// A row of windows that tile the image (stride = kernel, dilation 1, none beyond the border).
struct PoolRow {
  std::int64_t channels, out_width, kernel_y, kernel_x;
};

struct FloatKernels {
  std::int64_t lanes;
  /// One output row. `x` has the input rows that ky_begin and each ky behind it read, `scratch`
  /// room for kernel_y rows of (kMaxTile - 1) * stride + extent pixels and kMaxTile output pixels.
  void (*conv_row)(const RowConvolution& c, const RingRows<float>& x, std::int64_t ky_begin,
                   std::int64_t ky_end, float* scratch, Upcoming& next, const RowDestination& y);
  /// The same of what is_winograd() takes (winograd.h). `scratch` has room for the six sums of
  /// kMaxFours fours, kWinogradLanes channels; for their factors in three rows, in_channels rounded
  /// up to whole groups of kWinogradLanes (where there are several blocks, of half as many fours);
  /// and for the six sums of a whole row of fours, in `blocks` vectors.
  void (*winograd_row)(const RowConvolution& c, const RingRows<float>& x, std::int64_t ky_begin,
                       std::int64_t ky_end, float* scratch, Upcoming& next,
                       const RowDestination& y);
  void (*depthwise_row)(const RowConvolution& c, const RingRows<float>& x, std::int64_t ky_begin,
                        std::int64_t ky_end, float* scratch, Upcoming& next,
                        const RowDestination& y);
  /// Adds one output row to a partial sum. `cotangent` has out_channels values a pixel (padded to
  /// blocks * lanes for conv_filter_row); `scratch` holds kernel_y rows of the two border strips.
  void (*conv_filter_row)(const RowGradient& c, const RingRows<float>& x, std::int64_t ky_begin,
                          std::int64_t ky_end, const float* cotangent, float* scratch,
                          float* partial, Upcoming& next);
  /// The same with partial sums [4][6][ci][blocks][lanes], of the factors. `scratch`: 6 in_channels
  /// and 6 rows of lanes for each of a chunk's fours, or of those there are.
  void (*winograd_filter_row)(const RowGradient& c, const RingRows<float>& x, std::int64_t ky_begin,
                              std::int64_t ky_end, const float* cotangent, float* scratch,
                              float* partial, Upcoming& next);
  void (*depthwise_filter_row)(const RowGradient& c, const RingRows<float>& x,
                               std::int64_t ky_begin, std::int64_t ky_end, const float* cotangent,
                               float* scratch, float* partial, Upcoming& next);
  /// The same as conv_filter_row with partial sums [out_channels][ky][kx][channels], `channels`
  /// being in_channels rounded up to whole vectors, followed by the bias gradient; `c.blocks`
  /// counts those.
  void (*narrow_filter_row)(const RowGradient& c, const RingRows<float>& x, std::int64_t ky_begin,
                            std::int64_t ky_end, const float* cotangent, float* scratch,
                            float* partial, Upcoming& next);
  /// A row of [pixels, channels] as [channels][plane].
  void (*planes_row)(std::int64_t pixels, std::int64_t channels, std::int64_t plane, const float* x,
                     float* planes, Upcoming& next);
  void (*narrow_row)(const NarrowRow& r, const RingRows<float>& planes, std::int64_t ky_begin,
                     std::int64_t ky_end, float* y, Upcoming& next);
  /// z = map(x) for one row of [pixels, channels]; z may be x.
  void (*map_row)(const ChannelMap<float>& m, std::int64_t pixels, std::int64_t channels,
                  const float* x, float* z);
  /// Adds a row's sum of y and sum of y^2 to `sums` [2][channels].
  void (*moments_row)(std::int64_t pixels, std::int64_t channels, const float* y, double* sums);
  /// Adds the sums of d' and of d' y, d' the cotangent of y * scale + shift for the cotangent d of
  /// map(y).
  void (*gradient_sums_row)(const ChannelMap<float>& m, std::int64_t pixels, std::int64_t channels,
                            const float* d, const float* y, double* sums);
  /// dy = y * slope + (d' * scale + offset).
  void (*gradient_row)(const ChannelMap<float>& m, const float* slope, const float* offset,
                       std::int64_t pixels, std::int64_t channels, const float* d, const float* y,
                       float* dy);
  /// The same of bfloat16 (bfloat16.h), given by their bits: x; y; d and y.
  void (*map_rounded_row)(const ChannelMap<float>& m, std::int64_t pixels, std::int64_t channels,
                          const std::uint16_t* x, float* z);
  void (*gradient_sums_rounded_row)(const ChannelMap<float>& m, std::int64_t pixels,
                                    std::int64_t channels, const float* d, const std::uint16_t* y,
                                    double* sums);
  void (*gradient_rounded_row)(const ChannelMap<float>& m, const float* slope, const float* offset,
                               std::int64_t pixels, std::int64_t channels, const std::uint16_t* d,
                               const std::uint16_t* y, float* dy);
  /// a + b, which may be where it goes.
  void (*add_row)(std::int64_t count, const float* a, const float* b, const RowDestination& to);
  /// A copy that goes past the caches; `to` begins at a line of them.
  void (*stream_row)(std::int64_t count, const float* from, float* to);
  /// Bits of bfloat16 to floats.
  void (*expand_row)(const std::uint16_t* from, std::int64_t count, float* to);
  /// Rounds floats to the nearest bfloat16, in place, and stores their bits.
  void (*round_row)(float* values, std::int64_t count, std::uint16_t* to);
  /// Adds sum w, sum bce, sum w bce, sum w p m and sum w (p + m) over a line to `sums` [5]: logits
  /// z, targets m, weights w, p = sigmoid(z), bce = -m log p - (1 - m) log(1 - p).
  void (*logistic_sums_row)(std::int64_t points, const float* z, const float* m, const float* w,
                            double* sums);
  void (*logistic_gradient_row)(const LogisticSlopes& s, std::int64_t points, const float* z,
                                const float* m, const float* w, float* gradient);
  /// One row of a max pool (max_pool.h) of kernel_y rows of x.
  void (*max_pool_row)(const PoolRow& r, const RingRows<float>& x, float* y, std::uint8_t* winners);
  /// Row ky of the windows: `pooled` where the winner stands, else 0.
  void (*spread_row)(const PoolRow& r, std::int64_t ky, const float* pooled,
                     const std::uint8_t* winners, float* into);
  /// The points of the windows' rows where the winners stand.
  void (*pick_row)(const PoolRow& r, const RingRows<float>& spread, const std::uint8_t* winners,
                   float* pooled);
};

/// The kernels of the instruction set in use (isa.h).
const FloatKernels& float_kernels();

namespace baseline {
extern const FloatKernels kFloatKernels;
}
namespace avx2 {
extern const FloatKernels kFloatKernels;
}
namespace avx512 {
extern const FloatKernels kFloatKernels;
}

}  // namespace integrad::kernels
