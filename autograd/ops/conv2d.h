#pragma once
#include "integrad/autograd/tape.h"
#include "integrad/tensor/geometry.h"

namespace integrad {

/// Convolution (cross-correlation): x [n,h,w,ci], filter [co,kh,kw,ci/groups], bias [co] or none
/// (Var{}) -> [n,oh,ow,co]. Throws Error when the shapes do not fit.
template <class T>
Var conv2d(Tape<T>& tape, Var x, Var filter, Var bias, const WindowSpec& window, Index groups = 1);

}  // namespace integrad
