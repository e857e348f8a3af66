#pragma once
#include "integrad/autograd/tape.h"

namespace integrad {

/// y = x weights^T + bias: x [n,k], weights [out,k], bias [out] or none (Var{}) -> [n,out]. The 1x1
/// convolution of one-pixel images, by the same kernels. Throws Error when the shapes do not fit.
template <class T>
Var fully_connected(Tape<T>& tape, Var x, Var weights, Var bias);

}  // namespace integrad
