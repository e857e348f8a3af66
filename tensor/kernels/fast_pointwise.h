#pragma once
#include "integrad/tensor/kernels/convolution_norm.h"
#include "integrad/tensor/kernels/fast.h"

/// Convolutions of 1x1 in the passes of convolution_norm.h: no output reads beside its own pixel,
/// so rows go by in pieces, and what is read, computed and summed of a piece stays in the first
/// cache.
namespace integrad::kernels::fast {

/// One tap, at a stride of 1, without padding.
bool is_pointwise(Convolution kind, const ConvGeometry& g);

/// All of such a convolution of maps in memory; `pass` is its forward pass, or that of its input
/// gradient. Lines of the next piece, of what is read and of what is written, come into the first
/// cache one at a time, as evenly as they can: many at once are waited for. False, having done
/// nothing, for others, and for maps so large that they are written past the caches: whole rows
/// ahead hide memory's time better.
bool pointwise(Convolution kind, const ConvGeometry& g, const PackedPass& pass, const float* x,
               float* y);

/// convolve_and_sum() of such a convolution; `pass` is its forward pass.
void pointwise_and_sum(const PackedPass& pass, const ConvGeometry& g, const LineSource<float>& x,
                       StoredTarget<float> y, double* sums);

/// convolution_gradients() of such a convolution without a bias's gradient. False, having done
/// nothing, where there is no row kernel.
bool pointwise_gradients(const ConvGeometry& g, const LineSource<float>& x, const float* filter,
                         const LineSource<float>& cotangent, const InputGradient<float>& into,
                         float* dfilter);

}  // namespace integrad::kernels::fast
