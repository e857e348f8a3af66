#pragma once
#include <cstdint>

#include "integrad/tensor/kernels/simd/pair_row.h"

/// The integer kernels that are compiled once per instruction set. Only plain data crosses this
/// line, and nothing here is an inline function: the linker might keep the copy that was compiled
/// for the widest registers.
///
/// A *group* is the 4 bytes that one lane multiplies in one step: with VNNI four codes, each code +
/// 128 as uint8_t, against four int8_t weights; with AVX2 two codes, each code - zero point as
/// int16_t, against two int16_t weights. Codes are brought into that form row by row; points
/// outside the image get the value of the zero point, so that every output sums over all taps.
namespace integrad::kernels::int8 {

/// How a 32-bit sum becomes a code, by what is known of a layer's scales; arith.h defines the
/// result. R is the right shift, 31 + R the whole one.
enum class Finish : std::int32_t {
  once,        ///< floor((sum * M + addend) / 2^(31 + R)), 1 <= R <= 22: one rounding in all
  twice,       ///< 1 <= R <= 22, |sum| < 2^30: as above, but a negative sum's ties go down
  any_double,  ///< double rounding, every M >= 0 and shift
  any_single,  ///< single rounding, every M >= 0 and shift
  sums         ///< not at all: the row kernels write int32_t sums in the codes' places
};

/// One vector of `lanes` lanes has kScaleRows rows of `lanes` int32_t in a scale table. Rows marked
/// 64 hold int64_t for the even lanes; the row after it for the odd ones.
enum ScaleRow : std::int32_t {
  kMultiplier,      // row 1: the odd lanes' multipliers, moved to the even lanes
  kAddend = 2,      // 64; with `once` and `twice` it holds the zero point
  kShiftRight = 4,  // after the upper 32 bits have been taken
  kShiftLeft = 5,   // any_double
  kMask = 6,        // any_double: 2^R - 1
  kWideShift = 5,   // 64; any_single
  kScaleRows = 7
};

/// A quick way to the code by floats. A `line` is proven to round to it for every sum that can be
/// (code_line.h). Without one, where the finish is `once` or `twice`, the code's real value is
/// computed with 16 bits behind the point, kUnclear units too large. A value with less than 2
/// kUnclear units behind the point is unclear, and `finish` settles it; of all others the integer
/// part is the code.
enum class Quick : std::int32_t {
  none,
  once,
  twice,    ///< a negative sum starts at `below`; without a clamp
  limited,  ///< the same with one, for sums so large that their value must be limited to 32 bits
  line,     ///< without a clamp
  clamped_line,  ///< with one
  signed_line    ///< a negative sum starts at `below`; without a clamp
};
constexpr bool is_line(Quick quick) {
  return quick == Quick::line || quick == Quick::clamped_line || quick == Quick::signed_line;
}
inline constexpr std::int32_t kUnclear = 4;

/// A row prepared for winograd_row has, of four pixels, as many 16-bit factors for each channel,
/// and 16 channels side by side.
inline constexpr std::int64_t kWinogradFactors = 6, kWinogradLanes = 16;

/// One vector of lanes has kQuickRows rows of floats in a table of factors.
enum QuickRow : std::int32_t { kFactor, kStart, kBelow, kQuickRows };

struct OutputStage {
  Finish finish;
  const std::int32_t* scales;
  std::int32_t zero_point;  // of the output, for the two that do not hold it in their addend
  std::int32_t low, high;
  Quick quick;
  const float* factors;
};

/// A row of codes as the kernels want it: [blocks][pixels][pixel_bytes], each pixel of a block
/// holding `block_channels` channels, whole groups. Where `pixels` exceeds the row, and `pad`
/// pixels before it, stands the zero point.
struct RowLayout {
  std::int64_t width, channels;  // of the image
  std::int64_t pad, pixels, blocks, block_channels, pixel_bytes;
  std::int32_t zero_point;
};

/// A convolution along x; rows (y) are the caller's loop. `blocks` = ceil(out_channels / lanes).
/// Neighbouring taps may be told as one (kernel_x = 1) with the channels of all: `groups` hold
/// them, and pixels still lie pixel_bytes apart.
struct ConvRow {
  std::int64_t in_channels, groups, pixel_bytes, kernel_y, kernel_x, stride, dilation;
  std::int64_t out_width, out_channels, blocks;
  // Per pair of blocks [ky][group][kx][2][lanes] groups of weights, an odd last block
  // [ky][group][kx][lanes].
  const std::int8_t* filter;
  const std::int32_t* bias;  // [blocks][lanes], the zero point's share included
  OutputStage stage;
  PairRow row = {};  // of winograd_row
};

/// A depthwise convolution along x. A piece is 16 bytes of a row's form; a vector holds 4 channels
/// of lanes / 4 pieces, so that they have as many vectors ("planes") as a group has codes. Rows
/// are summed a group at a time: row_groups = ceil(kernel_y / group).
///
/// Either a row is stored in blocks of one piece a pixel, or (stride 1) as one block of pixels with
/// several pieces. Then the vectors take the pieces in turn, and every `phases`-th vector has the
/// same channels: pieces divides lanes / 4, or is as many times that as there are phases.
struct DepthwiseRow {
  std::int64_t kernel_y, kernel_x, stride, dilation, row_groups;
  std::int64_t pieces, phases;
  std::int64_t in_pixels;                        // of a row in the kernels' form
  std::int64_t segment_outputs, segment_pixels;  // pixels that a segment writes, and reads
  std::int64_t out_width, out_channels, blocks;
  const std::int8_t* filter;  // [blocks, phases][row_groups][kx][planes][lanes] groups of weights
  const std::int32_t* bias;   // [blocks, phases][planes][lanes]
  OutputStage stage;
};

/// A depthwise convolution of 3x3 with stride 1 along x, in floats: none of its sums is beyond
/// 2^24.
struct FloatDepthwiseRow {
  std::int64_t dilation, out_width, channels;  // whole vectors
  const float* filter;                         // [blocks of lanes][ky][kx][lanes]
  const float* bias;                           // [channels]
  OutputStage stage;
};

/// The sum of two tensors: x1 is rescaled by `scale1` unless `halve1`, x2 is halved. Its real value
/// is code1 * factor1 + code2 * factor2 + offset; where that is at most `sure` from the nearest
/// integer, that one is the result. `sure` below 0: never. `proven`: always, once it is clamped
/// (code_line.h); then there is nothing to say of gradients.
struct AddStage {
  std::int32_t zero_point1, zero_point2, left_shift;
  bool halve1;
  Finish finish1;
  const std::int32_t* scale1;
  OutputStage stage;
  float factor1, factor2, offset, sure;
  bool proven;
  std::int32_t open_low;  // with bits: codes below it stop a gradient
};

/// A max pool or unpool of 2x2 windows that do not overlap; `channels` is a multiple of 16.
/// Pointers are at the rows of one row of windows.
struct PoolRow {
  std::int64_t windows, channels;
  std::int32_t low, high;  // pool
  std::int32_t fill;       // unpool: the code of the real 0
};

struct Int8Kernels {
  std::int64_t lanes;        // int32_t of a vector
  std::int64_t group;        // codes of a group
  bool offset;               // the form is code + 128: the bias takes zero point + 128 away
  bool joins_taps;           // neighbouring taps are faster as one
  std::int64_t tile, tile2;  // pixels computed together, with one block of channels and with more
  std::int64_t winograd_channels;              // of input and output that winograd_row is worth
  std::int64_t winograd_tile, winograd_tile2;  // as tile
  std::int64_t float_tile;                     // of float_depthwise_row
  std::int64_t segment;  // pieces that a depthwise convolution computes together

  /// `row` null: a row outside the image.
  void (*prepare_row)(const RowLayout& layout, const std::int8_t* row, std::uint8_t* into);
  /// One output row; rows[ky] are prepared. `sums` has room for a tile of all channels. `next` is a
  /// row of the image to be fetched into the cache meanwhile: it is needed for the next output row.
  void (*conv_row)(const ConvRow& c, const std::uint8_t* const* rows, const std::int8_t* next,
                   std::int32_t* sums, std::int8_t* output);
  /// Both for 3x3 taps at stride 1, where 48 times each sum is representable; null where bytes are
  /// multiplied faster than their factors. The layout's pixels are fours of pixels, of 6 factors
  /// for each whole 16 channels; groups hold two 16-bit numbers, and the filter's are [pair of
  /// blocks][three pairs of factors along x][four along y][group][2][blocks][lanes]. `sums` has
  /// room for a tile of all channels; for 36 vectors for each four of a tile; for 6 of each block
  /// for each four of a row of whole tiles; and for three tiles of prepared fours.
  void (*prepare_winograd_row)(const RowLayout& layout, const std::int8_t* row, std::uint8_t* into);
  void (*winograd_row)(const ConvRow& c, const std::uint8_t* const* rows, const std::int8_t* next,
                       std::int32_t* sums, std::int8_t* output);
  /// conv_row for out_channels == 1 and whole 16 bytes of groups: `filter` is [ky][kx][16 bytes of
  /// a pixel][lanes] groups of weights, lane l holding the group l % 4 of the 16 bytes, the scale
  /// table one scale in all lanes, and `sums` has room for a row in whole vectors.
  void (*narrow_row)(const ConvRow& c, const std::uint8_t* const* rows, const std::int8_t* next,
                     std::int32_t* sums, std::int8_t* output);
  /// `planes` has room for [row_groups][group][segment_pixels][pieces][16 bytes], `sums` for a
  /// segment of one block.
  void (*depthwise_row)(const DepthwiseRow& c, const std::uint8_t* const* rows,
                        const std::int8_t* next, std::uint8_t* planes, std::int32_t* sums,
                        std::int8_t* output);
  /// Both for FloatDepthwiseRow; null where depthwise_row is as fast. The layout's pixels are
  /// floats of all channels, as many as whole tiles read; `sums` has room for a tile.
  void (*prepare_float_row)(const RowLayout& layout, const std::int8_t* row, std::uint8_t* into);
  void (*float_depthwise_row)(const FloatDepthwiseRow& c, const std::uint8_t* const* rows,
                              const std::int8_t* next, std::int32_t* sums, std::int8_t* output);
  /// sums [pixels][blocks * lanes] to codes [pixels][channels], blocks = ceil(channels / lanes).
  void (*requantize)(const OutputStage& stage, const std::int32_t* sums, std::int64_t pixels,
                     std::int64_t channels, std::int8_t* output);
  /// `bits` (training_rows.h) may be null.
  void (*add)(const AddStage& stage, const std::int8_t* input1, const std::int8_t* input2,
              std::int8_t* output, std::uint8_t* bits, std::int64_t count);
  /// `below` is the second input row; winners, two bits each, may be null.
  void (*max_pool_row)(const PoolRow& c, const std::int8_t* row, const std::int8_t* below,
                       std::int8_t* output, std::uint8_t* winners);
  /// Writes two output rows, or that one of them that is not null.
  void (*unpool_row)(const PoolRow& c, const std::int8_t* input, const std::uint8_t* winners,
                     std::int8_t* row, std::int8_t* below);
  void (*quantize)(float scale, std::int32_t zero_point, const float* input, std::int8_t* output,
                   std::int64_t count);
  /// Rows of training: training_rows.h.
  void (*real_row)(float scale, std::int32_t zero_point, const std::int8_t* codes,
                   std::int64_t count, float* values);
  void (*masked_row)(const float* values, const std::uint8_t* bits, std::int64_t count,
                     float* into);
  /// The stage's scale table has `period` vectors, over which the channels come round.
  void (*sums_row)(const OutputStage& stage, std::int32_t open_low, std::int64_t period,
                   const std::int32_t* sums, std::int64_t count, std::int8_t* codes,
                   std::uint8_t* bits);
  void (*float_sums_row)(const OutputStage& stage, std::int32_t open_low, std::int64_t period,
                         const float* sums, std::int64_t count, std::int8_t* codes,
                         std::uint8_t* bits);
  /// Of value i, as a float: low and high [vectors * lanes] at i modulo their length.
  void (*extremes_row)(const std::int32_t* values, std::int64_t count, std::int64_t vectors,
                       float* low, float* high);
  void (*float_extremes_row)(const float* values, std::int64_t count, std::int64_t vectors,
                             float* low, float* high);
};

/// The kernels of the instruction set in use (isa.h); null where the portable kernels of quant/c
/// are all there is. `avx512` needs VNNI, and else takes the kernels of `avx2`.
const Int8Kernels* int8_kernels();

namespace avx2 {
extern const Int8Kernels kInt8Kernels;
}
namespace avx512vnni {
extern const Int8Kernels kInt8Kernels;
}

}  // namespace integrad::kernels::int8
