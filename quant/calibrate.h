#pragma once
#include <vector>

#include "integrad/nn/fold.h"
#include "integrad/quant/observer.h"

namespace integrad {

/// Shows the observer the float values of every layer of a folded model for these images, as one
/// batch.
void observe_images(RangeObserver& observer, const Model<float>& folded,
                    const Tensor<float>& images);

/// The quantisations that the ranges on these images give.
std::vector<Quantization> quantizations_on(const Model<float>& folded, const Tensor<float>& images);

}  // namespace integrad
