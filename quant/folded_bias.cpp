#include "integrad/quant/folded_bias.h"

#include "integrad/tensor/error.h"

namespace integrad {

std::vector<std::int32_t> folded_bias(std::span<const std::int8_t> weight, ChannelAxis axis,
                                      Index channels, std::span<const std::int32_t> bias,
                                      std::int32_t zero_point) {
  const auto weights = static_cast<Index>(weight.size());
  require(channels > 0 && weights % channels == 0, "folded bias: ", weights,
          " weights do not make ", channels, " channels");
  require(bias.empty() || std::cmp_equal(bias.size(), channels), "folded bias: ", channels,
          " channels need as many biases; got ", bias.size());
  std::vector<std::int32_t> result;
  for (Index channel = 0; channel < channels; ++channel) {
    const bool first = axis == ChannelAxis::first;
    const Index count = weights / channels, step = first ? 1 : channels;
    std::int64_t sum = 0;
    for (Index i = 0; i < count; ++i)
      sum += weight[static_cast<std::size_t>((first ? channel * count : channel) + i * step)];
    const std::int64_t whole = bias.empty() ? 0 : bias[static_cast<std::size_t>(channel)];
    result.push_back(integrad_wrap32(whole - zero_point * sum));
  }
  return result;
}

std::vector<std::int32_t> folded_bias(const quantized::Conv2d& layer) {
  return folded_bias(layer.tables.weight.values(), ChannelAxis::first,
                     layer.attributes.output.channels, layer.tables.bias,
                     layer.attributes.input_zero_point);
}

std::vector<std::int32_t> folded_bias(const quantized::DepthwiseConv2d& layer) {
  return folded_bias(layer.tables.weight.values(), ChannelAxis::last,
                     layer.attributes.output.channels, layer.tables.bias,
                     layer.attributes.input_zero_point);
}

}  // namespace integrad
