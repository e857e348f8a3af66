#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "integrad/quant/lower.h"
#include "integrad/quant/qgraph.h"

namespace integrad {

/// What is left of a layer's biases once the input's zero point z is multiplied out of its sums,
///     sum (x - z) * w + b = sum x * w + (b - z * sum w),
/// modulo 2^32, one per output channel: the biases of the kernels in quant/c/dsp. `channels`
/// divides the weights; `bias` holds one per channel or is empty, for zeros. Throws Error when it
/// does not.
std::vector<std::int32_t> folded_bias(std::span<const std::int8_t> weight, ChannelAxis axis,
                                      Index channels, std::span<const std::int32_t> bias,
                                      std::int32_t zero_point);

std::vector<std::int32_t> folded_bias(const quantized::Conv2d& layer);
std::vector<std::int32_t> folded_bias(const quantized::DepthwiseConv2d& layer);

}  // namespace integrad
