#pragma once
#include <vector>

#include "integrad/autograd/tape.h"
#include "integrad/tensor/geometry.h"

namespace integrad {

/// The box of extents `size` that starts at `begin`, one number per axis of x. Throws Error when it
/// does not lie inside x.
template <class T>
Var slice(Tape<T>& tape, Var x, const std::vector<Index>& begin, const Shape& size);

/// x [n,h,w,c] -> [n,top+h+bottom,left+w+right,c], the border filled with `value`. `sides` is
/// Padding::fixed(top, bottom, left, right), each at least 0; throws Error for anything else.
template <class T>
Var pad(Tape<T>& tape, Var x, const Padding& sides, T value = T(0));

/// The same elements in the same order under another shape; throws Error when the counts differ.
template <class T>
Var reshape(Tape<T>& tape, Var x, const Shape& shape);

}  // namespace integrad
