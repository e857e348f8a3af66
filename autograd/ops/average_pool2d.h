#pragma once
#include "integrad/autograd/tape.h"
#include "integrad/tensor/geometry.h"

namespace integrad {

/// Average pooling: x [n,h,w,c] -> [n,oh,ow,c]. Each window's sum is divided by its points inside
/// the image, as TensorFlow does, or by all its points with `count_padding`. Throws Error when the
/// window does not fit.
template <class T>
Var average_pool2d(Tape<T>& tape, Var x, const WindowSpec& window, bool count_padding = false);

}  // namespace integrad
