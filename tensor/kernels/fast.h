#pragma once
#include <optional>
#include <vector>

#include "integrad/tensor/buffer.h"
#include "integrad/tensor/kernels/convolution.h"
#include "integrad/tensor/kernels/row_pairs.h"
#include "integrad/tensor/kernels/simd/float_kernels.h"

/// Convolutions in vector registers: the same bits as kernels::reference, for every instruction
/// set. Each returns false, having done nothing, when the geometry is not one that it handles.
namespace integrad::kernels::fast {

/// groups == 1.
bool conv2d_forward(const ConvGeometry& g, const float* x, const float* filter, const float* bias,
                    float* y);
/// groups == 1, and on each axis a stride or a dilation of 1.
bool conv2d_input_gradient(const ConvGeometry& g, const float* cotangent, const float* filter,
                           float* x_gradient);
/// groups == 1.
bool conv2d_filter_gradient(const ConvGeometry& g, const float* x, const float* cotangent,
                            float* filter_gradient, float* bias_gradient);
/// Multiplier 1.
bool depthwise_forward(const ConvGeometry& g, const float* x, const float* filter,
                       const float* bias, float* y);
/// Multiplier 1, and on each axis a stride or a dilation of 1.
bool depthwise_input_gradient(const ConvGeometry& g, const float* cotangent, const float* filter,
                              float* x_gradient);
/// Multiplier 1.
bool depthwise_filter_gradient(const ConvGeometry& g, const float* x, const float* cotangent,
                               float* filter_gradient, float* bias_gradient);

/// Few outputs of many inputs: kernels of their own.
inline constexpr std::int32_t kNarrow = 4;  // lanes of the smallest vector
bool is_narrow(const ConvGeometry& g);
struct PackedNarrow {
  PackedNarrow() = default;
  // Not copied: a copy's row would point at the original's weights.
  PackedNarrow(PackedNarrow&&) = default;
  PackedNarrow& operator=(PackedNarrow&&) = default;
  NarrowRow row = {};
  std::vector<float> weights, biases;  // what `row` points at
  Index in_width = 0, before = 0;      // pixels of an input row, zeros before
  Index planes() const { return row.in_channels * row.plane; }  // floats of a row's planes
  void make_planes(const float* x, float* into, Upcoming& next) const;
};
/// None when the geometry is not handled: stride 1 along x only.
std::optional<PackedNarrow> pack_narrow(const ConvGeometry& g, const float* filter,
                                        const float* bias);
/// The rows of an image that one output reads along y: `begin`, begin + dilation, ... below `end`,
/// for the taps first_tap .. end_tap - 1. All 0 but the taps when it reads none.
struct Reach {
  Index first_tap, end_tap, begin, end;
};
Reach reach(const integrad_window& w, Index output, Index in_height);

/// Which outputs of a forward convolution one pass over rows computes, and with which window.
struct Pass {
  integrad_window y, x;  // padding may be negative: the window starts inside
  Index in_height, in_width, in_channels, out_height, out_width, out_channels;
  Index out_row_step, out_pixel_step;  // in floats

  Index in_row() const { return in_width * in_channels; }
};

/// A pass with its operands laid out as the row kernel wants them.
struct PackedPass {
  Pass pass;
  RowConvolution c;
  Buffer<float> filter, bias;  // what c points at
  decltype(FloatKernels::conv_row) kernel;
  Index scratch;     // floats that one thread needs
  Index held;        // and those for each four of a row's outputs (winograd.h)
  Index offset = 0;  // of the pass's first output, in floats
};
/// The forward convolution, `bias` may be null. No pass when the geometry is not handled.
std::vector<PackedPass> pack_forward(Convolution kind, const ConvGeometry& g, const float* filter,
                                     const float* bias);
/// The input gradient as forward convolutions over the cotangent: one when both strides are 1; the
/// inputs that lie a stride apart read the same taps, and each such set is a pass of its own.
std::vector<PackedPass> pack_input_gradient(Convolution kind, const ConvGeometry& g,
                                            const float* filter);
/// A forward convolution, packed for the kernel that suits it: one of the two is there.
struct PackedForward {
  ConvGeometry geometry;
  std::optional<PackedNarrow> narrow;
  std::optional<PackedPass> pass;
};
/// None when the geometry is not handled. forward_rows.h computes its rows.
std::optional<PackedForward> pack_forward_rows(Convolution kind, const ConvGeometry& g,
                                               const float* filter, const float* bias);
/// Rows of a pass, for one thread, from top to bottom where there are several.
class PassRows {
 public:
  /// `packed` must outlive this.
  explicit PassRows(const PackedPass& packed) : PassRows(packed, packed.c) {}
  /// The same of a part of each row.
  PassRows(const PackedPass& packed, const RowConvolution& part);
  /// Row `row` of an image's outputs; `x` has the input rows that it reads.
  void row(Index image, Index row, const Reach& r, const RingRows<float>& x, Upcoming& next,
           const RowDestination& y);

 private:
  const PackedPass& packed_;
  RowConvolution c_;
  Buffer<float> scratch_;
  RowPairs pairs_;
};
/// Outputs of a row whose input, with that of the rows beside it, stays in a first cache of `cache`
/// bytes while the next rows read it again. A small one, which strips would fill beside the filter
/// and the results, does better with whole rows (32 KB, Zen 4: a quarter less time for a depthwise
/// layer of 64 channels at 240; 48 KB, Xeon: a quarter more). So do Winograd's: the narrower their
/// tiles, the more often all factors of the filter are read.
Index strip_outputs(const PackedPass& packed, Index cache);
/// Computes all rows of all images, `strip` outputs of each row (a multiple of 4, or all) before
/// the next: without it what this machine's cache wants.
void run_rows(const PackedPass& packed, Index batch, const float* x, float* y, Index image_step,
              Index strip);
void run_rows(const PackedPass& packed, Index batch, const float* x, float* y, Index image_step);

/// A filter gradient, row by row. Its partial sums are [values + 1][width], the bias's last; for a
/// convolution `values` are ky, kx (or a Winograd convolution's four and six factors), ci and
/// `width` output channels, for a depthwise one ky, kx and channels, for a narrow one (is_narrow)
/// o, ky, kx and input channels.
struct PackedGradient {
  Convolution kind;
  integrad_window y;
  RowGradient c;
  decltype(FloatKernels::conv_filter_row) kernel;
  Index rows;  // output rows of all images
  bool narrow, winograd;
  Index values, width;
  Index band() const;                                  // output rows of one partial sum
  Index size() const { return (values + 1) * width; }  // floats of one
  /// From a total to the caller's layout; bias_gradient may be null.
  void unpack(const float* total, float* filter_gradient, float* bias_gradient) const;
};
/// None (rows == 0) when the geometry is not handled. `bias`: whether the bias gradient is wanted.
PackedGradient pack_filter_gradient(Convolution kind, const ConvGeometry& g, bool bias);

/// What one thread needs to add rows to a partial sum.
class GradientRows {
 public:
  /// `keeps_above`: add() is given, beside a row's cotangent, that of the row before.
  explicit GradientRows(const PackedGradient& packed, bool keeps_above = false);
  /// Output row `row` of an image; the next one follows unless the partial sum or the image `ends`
  /// with this. `x` has the input rows from r.begin on; d [out_width, out_channels], `above` the
  /// same of the row before, if there is one and it is kept.
  void add(Index row, bool ends, const Reach& r, const RingRows<float>& x, const float* d,
           const float* above, float* partial, Upcoming& next);
  /// The same of `count` pixels of a row, of a kernel of one tap.
  void add_pixels(Index count, const float* x, const float* d, float* partial, Upcoming& next);

 private:
  const float* widened(Index count, const float* d);
  const PackedGradient& packed_;
  Buffer<float> strips_, wide_;
  // A Winograd pair's upper cotangent while the lower one is to come: the caller's, or a copy.
  bool copies_upper_ = false;
  Buffer<float> upper_;
  bool paired_ = false;
};

}  // namespace integrad::kernels::fast
