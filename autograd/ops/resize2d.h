#pragma once
#include "integrad/autograd/tape.h"

namespace integrad {

/// TensorFlow Lite's conventions of what a point's position means; neither is TensorFlow 1's old
/// default, half_pixel_centers that of TensorFlow 2. Not both at once.
struct ResizeOptions {
  bool align_corners = false;       ///< the corner points of both images coincide
  bool half_pixel_centers = false;  ///< points are the centres of unit squares
};

/// Nearest-neighbour resizing: x [n,h,w,c] -> [n,out_height,out_width,c]. The points chosen are
/// those of TensorFlow Lite's kernel, rounding included (tensor/resize.h). Throws Error for sizes
/// below 1 or both options.
template <class T>
Var resize_nearest2d(Tape<T>& tape, Var x, Index out_height, Index out_width,
                     const ResizeOptions& options = {});

/// Bilinear resizing, likewise; positions beyond the border take the border's value. Shrinking
/// interpolates between two points per axis and skips the rest (no antialiasing).
template <class T>
Var resize_bilinear2d(Tape<T>& tape, Var x, Index out_height, Index out_width,
                      const ResizeOptions& options = {});

}  // namespace integrad
