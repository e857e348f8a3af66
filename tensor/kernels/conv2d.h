#pragma once
#include "integrad/tensor/geometry.h"

/// Convolution on raw NHWC data with OHWI filters; the geometry has been checked by whoever made
/// it. Every sum has a fixed order, stated here and kept by all paths, so that all give the same
/// bits on finite values (and factors of winograd.h), each step one fused multiply-add:
///   forward          bias, then ky, ci, kx, ascending
///   input gradient   the outputs that read the point, ascending: oy, co, ox (so ky, kx descend)
///   filter gradient  per band of output rows (bands.h): rows, then columns; bands in order
///   bias gradient    per band: row_sum of each row (bands.h); bands in order
/// Where is_winograd() (winograd.h: windows of 3x3 points) four neighbours of a row come from six
/// sums p of products, numbered as there, a step adding one product to one of them:
///   forward          over ci, ascending, from 0: those of factor 1 along y, and those of factor 2;
///                    an upper row's p goes on from their sum with factor 0, a lower row's from
///                    their difference with factor 3 (how the six are put together,
///                    winograd_reference.cpp says)
///   input gradient   the same over co, ascending, with the taps in reverse
///   filter gradient  of the four and six factors as above, pairs for rows (those of one band and
///                    image) and fours for columns; a tap's from the totals
/// Taps outside the image may be left out or multiplied as zeros: that can change nothing but the
/// sign of a zero, and every sum ends by adding +0, so a zero is always +0.
namespace integrad::kernels {

/// y[n,oy,ox,o] = bias[o] + sum over ky, ci, kx of x[n, oy*sy+ky*dy-pt, ox*sx+kx*dx-pl, ci] *
/// filter[o,ky,kx,ci] `bias` may be null.
template <class T>
void conv2d_forward(const ConvGeometry& g, const T* x, const T* filter, const T* bias, T* y);

/// x_gradient = the sum over outputs that read each input point, of cotangent * filter. Overwrites.
template <class T>
void conv2d_input_gradient(const ConvGeometry& g, const T* cotangent, const T* filter,
                           T* x_gradient);

/// filter_gradient and bias_gradient (may be null) are overwritten.
template <class T>
void conv2d_filter_gradient(const ConvGeometry& g, const T* x, const T* cotangent,
                            T* filter_gradient, T* bias_gradient);

/// Plain loops: the definition that the fast paths are tested against.
namespace reference {
template <class T>
void conv2d_forward(const ConvGeometry& g, const T* x, const T* filter, const T* bias, T* y);
template <class T>
void conv2d_input_gradient(const ConvGeometry& g, const T* cotangent, const T* filter,
                           T* x_gradient);
template <class T>
void conv2d_filter_gradient(const ConvGeometry& g, const T* x, const T* cotangent,
                            T* filter_gradient, T* bias_gradient);
}  // namespace reference

}  // namespace integrad::kernels
