#pragma once
#include "integrad/autograd/tape.h"
#include "integrad/tensor/geometry.h"

namespace integrad {

/// Depthwise convolution: x [n,h,w,c], filter [1,kh,kw,c*multiplier], bias [c*multiplier] or none
/// (Var{}) -> [n,oh,ow,c*multiplier]; output channel c*multiplier + m reads input channel c. Throws
/// Error when the shapes do not fit.
template <class T>
Var depthwise_conv2d(Tape<T>& tape, Var x, Var filter, Var bias, const WindowSpec& window);

}  // namespace integrad
