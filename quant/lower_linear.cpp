#include <algorithm>
#include <cmath>

#include "integrad/quant/lower.h"
#include "integrad/quant/multiplier.h"
#include "integrad/tensor/error.h"

namespace integrad {

namespace {

constexpr double kBiasLimit = 0x1p28;
constexpr float kSmallestScale = 0x1p-40f;

// The largest |code - zero_point| of an input.
std::int64_t reach(const Quantization& in) {
  return std::max(127 - in.zero_point, in.zero_point + 128);
}

struct Channel {
  const float* first;
  Index count, step;
  float operator[](Index i) const { return first[i * step]; }
};

struct WeightScale {
  float scale;   // real weight of one code
  float factor;  // codes of a real weight of 1
};

WeightScale weight_scale(const Channel& weights, double bias, double in_scale, Index channel) {
  float largest = 0;
  for (Index i = 0; i < weights.count; ++i) {
    require(std::isfinite(weights[i]), "channel ", channel, ": a weight is not finite");
    largest = std::max(largest, std::fabs(weights[i]));
  }
  require(std::isfinite(bias), "channel ", channel, ": the bias is not finite");
  const float scale = largest / 127.0f;
  const double needed = std::fabs(bias) / (in_scale * kBiasLimit);
  // The reference converter multiplies by 127 / max|w|, which is not 1 / scale in float32.
  if (std::isnormal(scale) && static_cast<double>(scale) >= needed)
    return {scale, 127.0f / largest};
  const float widened = std::max(static_cast<float>(needed) * 1.0001f, kSmallestScale);
  return {widened, 1.0f / widened};
}

}  // namespace

LinearTables lower_linear(const Tensor<float>& weight, const Tensor<float>* bias, ChannelAxis axis,
                          const Quantization& in, const Quantization& out) {
  const Index channels = axis == ChannelAxis::first ? weight.shape()[0] : weight.shape().channels();
  const Index count = weight.size() / channels;
  LinearTables tables;
  tables.weight = Tensor<std::int8_t>::uninitialized(weight.shape());
  const double in_scale = static_cast<double>(in.scale);
  for (Index o = 0; o < channels; ++o) {
    const bool first = axis == ChannelAxis::first;
    const Index start = first ? o * count : o, step = first ? 1 : channels;
    const Channel values{weight.data() + start, count, step};
    const double b = bias != nullptr ? static_cast<double>((*bias)[o]) : 0.0;
    const auto [scale, factor] = weight_scale(values, b, in_scale, o);
    const double bias_code = std::round(b / (in_scale * static_cast<double>(scale)));
    std::int64_t bound = static_cast<std::int64_t>(std::fabs(bias_code));
    for (Index i = 0; i < count; ++i) {
      const float code = std::clamp(std::round(values[i] * factor), -127.0f, 127.0f);
      tables.weight[start + i * step] = static_cast<std::int8_t>(code);
      bound += reach(in) * static_cast<std::int64_t>(std::fabs(code));
    }
    const integrad_scale multiplier = conv_scale(in.scale, scale, out.scale);
    const std::int64_t limit = std::int64_t{1} << (31 - std::max(multiplier.shift, 0));
    require(bound < limit, "channel ", o, ": a sum may reach ", bound,
            " and would leave 32 bits; it must stay below ", limit);
    tables.bias.push_back(static_cast<std::int32_t>(bias_code));
    tables.scales.push_back(multiplier);
    tables.weight_scales.push_back(scale);
    tables.bounds.push_back(bound);
  }
  return tables;
}

}  // namespace integrad
