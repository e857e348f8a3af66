#pragma once
#include "integrad/tensor/geometry.h"

/// Depthwise convolution on raw NHWC data, filters [1,kh,kw,c*multiplier]: output channel
/// o = c*multiplier + m reads input channel c. Sums in fixed order, as in conv2d.h:
///   forward          bias, then ky, kx
///   input gradient   the outputs that read the point, ascending: oy, ox, m
///   filter gradient  per band of output rows: rows, then columns; bands in order
///   bias gradient    as the filter's
namespace integrad::kernels {

/// y[n,oy,ox,o] = bias[o] + sum over ky, kx of x[n, ..., c] * filter[ky,kx,o]; `bias` may be null.
template <class T>
void depthwise_forward(const ConvGeometry& g, const T* x, const T* filter, const T* bias, T* y);

/// x_gradient = the sum over outputs that read each input point, of cotangent * filter. Overwrites.
template <class T>
void depthwise_input_gradient(const ConvGeometry& g, const T* cotangent, const T* filter,
                              T* x_gradient);

/// filter_gradient and bias_gradient (may be null) are overwritten.
template <class T>
void depthwise_filter_gradient(const ConvGeometry& g, const T* x, const T* cotangent,
                               T* filter_gradient, T* bias_gradient);

/// Plain loops: the definition that the fast paths are tested against.
namespace reference {
template <class T>
void depthwise_forward(const ConvGeometry& g, const T* x, const T* filter, const T* bias, T* y);
template <class T>
void depthwise_input_gradient(const ConvGeometry& g, const T* cotangent, const T* filter,
                              T* x_gradient);
template <class T>
void depthwise_filter_gradient(const ConvGeometry& g, const T* x, const T* cotangent,
                               T* filter_gradient, T* bias_gradient);
}  // namespace reference

}  // namespace integrad::kernels
