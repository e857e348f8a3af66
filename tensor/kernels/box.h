#pragma once
#include <array>

#include "integrad/tensor/shape.h"

namespace integrad::kernels {

/// A position in a tensor, one number per axis of its shape.
using Corner = std::array<Index, Shape::kMaxRank>;

/// Copies a box of shape `box` from the place that starts at `from_corner` in an array of shape
/// `from_shape` to the one at `to_corner` in `to_shape`. The shapes have the same rank and the box
/// lies inside both (the caller has checked).
template <class T>
void copy_box(const Shape& box, const Shape& from_shape, const Corner& from_corner, const T* from,
              const Shape& to_shape, const Corner& to_corner, T* to);

}  // namespace integrad::kernels
