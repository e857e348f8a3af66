#pragma once
#include <cstdint>

#include "integrad/autograd/tape.h"

namespace integrad {

/// Losses on logits z against constant targets m of the same shape, with values in [0,1] (soft
/// labels allowed). Each is one node of shape [1]. With p = sigmoid(z), terms are computed from
/// max(z,0) - z m + log(1 + e^-|z|), so value and gradient are finite for every finite logit. Sums
/// run in double, in an order that depends on the shape alone. All throw Error for a target of
/// another shape, a target value outside [0,1], and an empty tensor.

/// Binary cross entropy -m log p - (1 - m) log(1 - p), the mean over all elements of any shape.
template <class T>
Var binary_cross_entropy(Tape<T>& tape, Var logits, Tensor<T> target);

/// 1 - (2 sum p m + 1) / (sum p + sum m + 1) for each image and channel of [n,h,w,k], then the mean
/// over them (soft Dice, Milletari et al., V-Net, arXiv 1606.04797, with sums unsquared). The
/// smoothing 1 counts as one pixel, and makes the loss of an empty prediction for an empty mask 0.
template <class T>
Var dice_loss(Tape<T>& tape, Var logits, Tensor<T> target);

struct StructureLossOptions {
  /// How the cross entropy is averaged: `weighted` by w, as the paper means it; `pranet` plainly
  /// over the whole batch, as PraNet's published code does (it passes reduce='none', which PyTorch
  /// reads as "true": the mean comes back, and weighting a constant changes nothing).
  enum class Reduction { weighted, pranet };

  std::int32_t window = 31;  ///< side of the averaging window, odd, in pixels
  std::int32_t weight = 5;   ///< of a pixel's difference from its window, at least 0
  Reduction reduction = Reduction::weighted;
};

/// The structure loss (Fan et al., PraNet, arXiv 2006.11392; Q-Segment's loss):
/// weighted cross entropy and weighted IoU, (wbce + wiou) / 2, for each image and channel of
/// [n,h,w,k], then the mean over them. With w = structure_weights(m) and sums over one image's
/// pixels:
///   wbce = sum w bce / sum w
///   wiou = 1 - (I + 1) / (U - I + 1),   I = sum w p m,   U = sum w (p + m)
/// PraNet's own function returns wbce + wiou, twice this value.
template <class T>
Var structure_loss(Tape<T>& tape, Var logits, Tensor<T> target,
                   const StructureLossOptions& options = {});

/// w = 1 + weight |average(m) - m| for a target [n,h,w,k]: the average over a window x window
/// square around each pixel, points outside the image counted as zeros. Large at edges and thin
/// structures. Sums are exact for masks of 0 and 1. Throws Error when the window is even or
/// below 1.
template <class T>
Tensor<T> structure_weights(const Tensor<T>& target, std::int32_t window, std::int32_t weight);

/// The window for an image of this side: 31, for sides below 62 the largest odd number <= side / 2
/// (at least 1).
std::int32_t default_structure_window(Index side);

}  // namespace integrad
