#pragma once
#include <vector>

#include "integrad/nn/fold.h"
#include "integrad/quant/quantization.h"

namespace integrad {

/// The quantisation of each node's range on these images.
std::vector<Quantization> calibrated(const Model<float>& model, const Tensor<float>& images);

}  // namespace integrad
