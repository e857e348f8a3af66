#pragma once
#include "integrad/autograd/tape.h"
#include "integrad/tensor/geometry.h"

namespace integrad {

/// Transposed convolution, the adjoint of a convolution: x [n,h,w,ci], filter [co,kh,kw,ci],
/// bias [co] or none (Var{}) -> [n,oh,ow,co]; each input point adds its multiple of the filter's
/// window, oh = (h - 1) stride + extent - padding + output_padding (transposed_geometry). The
/// filter is not flipped. Throws Error when the shapes do not fit.
template <class T>
Var transposed_conv2d(Tape<T>& tape, Var x, Var filter, Var bias, const WindowSpec& window,
                      std::int32_t output_padding = 0);

}  // namespace integrad
