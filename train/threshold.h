#pragma once
#include <span>
#include <vector>

#include "integrad/train/checkpoint.h"
#include "integrad/train/dataset.h"
#include "integrad/train/metrics.h"

namespace integrad {

/// A loss need not put the best border between yes and no at probability 1/2. Where it lies is
/// found on images that are held out; then the logits are shifted so that it does.

/// Pixels of all samples, pooled, where logit + shift > 0.
struct ShiftScore {
  double shift;
  Confusion counts;
};

/// For every shift; each sample is predicted once, by the float model. Throws Error for a quantised
/// one.
std::vector<ShiftScore> score_shifts(const Checkpoint& model, std::span<const Sample> samples,
                                     std::span<const double> shifts);
/// The one of the best Dice; of equals the smallest in magnitude. Throws Error for none.
const ShiftScore& best_shift(std::span<const ShiftScore> scores);

/// The model whose logits are greater by `shift`, by the bias of its last layer. Throws Error for a
/// quantised model, one that does not end in a layer with a bias of its own, and a shift that is
/// not finite.
Checkpoint shifted(Checkpoint model, double shift);

}  // namespace integrad
