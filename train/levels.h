#pragma once
#include <vector>

#include "integrad/tensor/tensor.h"

/// Low-resolution input, multi-stage output (arXiv 2403.05340): what the network sees, and what
/// each of its levels is compared with.
namespace integrad {

/// Images [n,h,w,c] `factor` times smaller along each side: the points nearest to the middles of
/// the squares. Throws Error when a side is not divisible.
Tensor<float> shrunk(const Tensor<float>& images, Index factor);

/// The truth [n,h,w,k] at the sizes of the levels (shapes [n,h',w',k] in ascending order): at its
/// own size as it is; smaller, by nearest points for the first level, by interpolation between
/// pixels' centres (soft labels) for the others.
std::vector<Tensor<float>> level_targets(const Tensor<float>& truth,
                                         const std::vector<Shape>& levels);

/// Logits [n,h,w,k] at the size of `like`: nearest or bilinear, between pixels' centres.
enum class Enlargement { nearest, bilinear };
Tensor<float> enlarged(const Tensor<float>& logits, Index height, Index width, Enlargement method);

}  // namespace integrad
