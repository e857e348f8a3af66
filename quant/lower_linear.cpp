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

float largest_of(const Channel& weights, Index channel) {
  float largest = 0;
  for (Index i = 0; i < weights.count; ++i) {
    require(std::isfinite(weights[i]), "channel ", channel, ": a weight is not finite");
    largest = std::max(largest, std::fabs(weights[i]));
  }
  return largest;
}

WeightScale weight_scale(float largest, float largest_code, double bias, double in_scale) {
  const float scale = largest / largest_code;
  const double needed = std::fabs(bias) / (in_scale * kBiasLimit);
  // The reference converter multiplies by 127 / max|w|, which is not 1 / scale in float32.
  if (std::isnormal(scale) && static_cast<double>(scale) >= needed)
    return {scale, largest_code / largest};
  const float widened = std::max(static_cast<float>(needed) * 1.0001f, kSmallestScale);
  return {widened, 1.0f / widened};
}

}  // namespace

LinearTables lower_linear(const Tensor<float>& weight, const Tensor<float>* bias, ChannelAxis axis,
                          const Quantization& in, const Quantization& out,
                          const WeightCodes& codes) {
  const Index channels = axis == ChannelAxis::first ? weight.shape()[0] : weight.shape().channels();
  const Index count = weight.size() / channels;
  LinearTables tables;
  tables.weight = Tensor<std::int8_t>::uninitialized(weight.shape());
  const double in_scale = static_cast<double>(in.scale);
  const bool first = axis == ChannelAxis::first;
  const Index step = first ? 1 : channels;
  const auto start_of = [&](Index o) { return first ? o * count : o; };
  const auto bias_of = [&](Index o) {
    return bias != nullptr ? static_cast<double>((*bias)[o]) : 0.0;
  };
  std::vector<float> largest;
  double largest_bias = 0;
  for (Index o = 0; o < channels; ++o) {
    largest.push_back(largest_of({weight.data() + start_of(o), count, step}, o));
    require(std::isfinite(bias_of(o)), "channel ", o, ": the bias is not finite");
    largest_bias = std::max(largest_bias, std::fabs(bias_of(o)));
  }
  if (!codes.per_channel) largest.assign(largest.size(), *std::ranges::max_element(largest));
  const auto largest_code = static_cast<float>(codes.largest);
  for (Index o = 0; o < channels; ++o) {
    const Index start = start_of(o);
    const Channel values{weight.data() + start, count, step};
    const double b = bias_of(o);
    const auto [scale, factor] = weight_scale(largest[static_cast<std::size_t>(o)], largest_code,
                                              codes.per_channel ? b : largest_bias, in_scale);
    const double bias_code = std::round(b / (in_scale * static_cast<double>(scale)));
    std::int64_t bound = static_cast<std::int64_t>(std::fabs(bias_code));
    for (Index i = 0; i < count; ++i) {
      const float code = std::clamp(std::round(values[i] * factor), -largest_code, largest_code);
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
