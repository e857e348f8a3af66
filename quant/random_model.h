#pragma once
#include <cstdint>
#include <vector>

#include "integrad/nn/fold.h"
#include "integrad/quant/quantization.h"

namespace integrad {

/// A folded model with quantisations that every target can lower.
struct RandomModel {
  Model<float> model;
  std::vector<Quantization> quantizations;
};

/// Model number `number` of the sequence `seed`: a few layers of every kind that has an integer
/// kernel, with random shapes, strides, dilations, groups, paddings and skips; weights with
/// channels that are empty or far stronger than others; some ranges far too small (much saturates)
/// or too large, zero points at the ends. The same on every machine.
RandomModel random_model(std::uint64_t seed, std::uint64_t number);

/// `count` images for a model: random bytes / 255, some of them all dark or all bright.
Tensor<float> random_images(const Graph& graph, Index count, std::uint64_t seed,
                            std::uint64_t number);

}  // namespace integrad
