#pragma once
#include "integrad/tensor/kernels/batch_norm.h"
#include "integrad/tensor/kernels/convolution.h"
#include "integrad/tensor/kernels/input_gradient.h"

/// Convolution between two normalisations, without storing what lies between: the input is mapped
/// as its rows are read, the output's sums are taken as its rows are written, and the cotangent of
/// the output exists one row at a time. Memory moved, in maps: forward 1 read, 1 written; backward
/// 3 read (d, y, x) and 1 written, and d and y once more for the sums that d's last contributor did
/// not take.
/// The bits are those of batch_norm.h and conv2d.h or depthwise.h one after the other; geometries
/// that the row kernels do not take go that way.
namespace integrad::kernels {

/// y = convolution of x; bias may be null, and `sums`, if wanted, receives the sums of y and of y^2
/// over all pixels, [2][out_channels].
template <class T>
void convolve_and_sum(Convolution kind, const ConvGeometry& g, const LineSource<T>& x,
                      const T* filter, const T* bias, StoredTarget<T> y, double* sums);

/// The cotangent of a convolution's output y, whose reader applied `map` and received `d`:
/// dy = y * slope + (d' * scale + offset) (norm_lines.h).
template <class T>
struct NormCotangent {
  Stored<T> d, y;
  ChannelMap<T> map;
  const T *slope, *offset;
};
/// The cotangent's lines.
template <class T>
LineSource<T> cotangent_lines(const Lines& lines, const NormCotangent<T>& cotangent);

/// The three gradients of such a convolution, from its output's cotangent: dx = before + gradient;
/// dfilter and dbias (may be null) are overwritten.
template <class T>
void convolution_gradients(Convolution kind, const ConvGeometry& g, const LineSource<T>& x,
                           const T* filter, const LineSource<T>& cotangent,
                           const InputGradient<T>& input, T* dfilter, T* dbias);

namespace fast {
/// The same for float, each row once; false, having done nothing, where there is no row kernel or
/// a stride above 1.
bool convolve_and_sum(Convolution kind, const ConvGeometry& g, const LineSource<float>& x,
                      const float* filter, const float* bias, StoredTarget<float> y, double* sums);
bool convolution_gradients(Convolution kind, const ConvGeometry& g, const LineSource<float>& x,
                           const float* filter, const LineSource<float>& cotangent,
                           const InputGradient<float>& into, float* dfilter, float* dbias);
}  // namespace fast

}  // namespace integrad::kernels
