#pragma once
#include "integrad/tensor/buffer.h"
#include "integrad/tensor/geometry.h"
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

/// Which outputs of a forward convolution one pass over rows computes, and with which window.
struct Pass {
  integrad_window y, x;  // padding may be negative: the window starts inside
  Index in_height, in_width, in_channels, out_height, out_width, out_channels;
  Index out_row_step, out_pixel_step;  // in floats
};

/// The row kernel's view of a pass; filter and bias are filled in by the caller.
RowConvolution row_convolution(const Pass& pass, Index lanes);
/// False when the copies of the border or the packed filter would be absurdly large.
bool affordable(const Pass& pass, Index filter_values);
/// Runs a row kernel over all rows of all images; `image_step` is between output images.
using RowKernel = decltype(FloatKernels::conv_row);
void run_rows(RowKernel kernel, const Pass& pass, const RowConvolution& c, Index batch,
              const float* x, float* y, Index image_step);

/// One axis of an input gradient, as a forward convolution over the cotangent: the inputs first,
/// first + stride, ... read the taps phase + t * stride, last tap first.
struct GradientAxis {
  integrad_window window;
  std::int32_t first, count;       // inputs
  std::int32_t tap_end, tap_step;  // tap t of the pass is tap_end - t * tap_step of the filter
};
GradientAxis gradient_axis(const integrad_window& w, std::int32_t inputs, std::int32_t first);

using GradientKernel = decltype(FloatKernels::conv_filter_row);
RowGradient row_gradient(const ConvGeometry& g, Index lanes);
/// Floats of scratch that a filter gradient's border strips need.
Index strip_floats(const RowGradient& c);

}  // namespace integrad::kernels::fast
