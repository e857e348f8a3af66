#include "integrad/quant/fake_quant_kernels.h"

#include <algorithm>
#include <limits>

#include "integrad/tensor/parallel.h"

namespace integrad::fake_quant {

template <class T>
Tensor<T> recover_codes(const Tensor<float>& values, float scale) {
  Tensor<T> codes = Tensor<T>::uninitialized(values.shape());
  // Adding and subtracting 1.5 * 2^23 rounds to the nearest integer; |code - zero_point| <= 255.
  constexpr float kRounder = 0x1.8p23f;
  parallel_for(values.size(), kElementwiseGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i)
      codes[i] = static_cast<T>((values[i] / scale + kRounder) - kRounder);
  });
  return codes;
}

namespace {

/// The extremes of integer sums per channel, and from them of the real values.
class Extremes {
 public:
  Extremes(Index chunks, Index channels)
      : channels_(channels),
        low_(static_cast<std::size_t>(chunks * channels), std::numeric_limits<std::int32_t>::max()),
        high_(static_cast<std::size_t>(chunks * channels),
              std::numeric_limits<std::int32_t>::min()) {}

  std::int32_t* low(Index chunk) { return low_.data() + chunk * channels_; }
  std::int32_t* high(Index chunk) { return high_.data() + chunk * channels_; }

  Range range(const LinearTables& tables, const Quantization& in, Activation activation) const {
    double low = 0, high = 0;
    for (std::size_t i = 0; i < low_.size(); ++i) {
      const auto c = i % static_cast<std::size_t>(channels_);
      const double scale =
          static_cast<double>(in.scale) * static_cast<double>(tables.weight_scales[c]);
      if (low_[i] > high_[i]) continue;
      low = std::min(low, low_[i] * scale);
      high = std::max(high, high_[i] * scale);
    }
    if (activation != Activation::none) low = 0;
    if (activation == Activation::relu6) high = std::min(high, 6.0);
    return {static_cast<float>(low), static_cast<float>(high)};
  }

 private:
  Index channels_;
  std::vector<std::int32_t> low_, high_;
};

}  // namespace

template <class T>
Rounded requantize(const Tensor<T>& sums, const LinearTables& tables,
                   const integrad_output_stage& stage, const Quantization& in,
                   const Quantization& out, Activation activation) {
  const Index channels = sums.shape().channels(), points = sums.size() / channels;
  Rounded result{Tensor<float>::uninitialized(sums.shape()),
                 Tensor<std::uint8_t>::uninitialized(sums.shape()),
                 {}};
  const Index grain = std::max<Index>(1, kElementwiseGrain / channels);
  Extremes extremes((points + grain - 1) / grain, channels);
  const integrad_scale* scales = tables.scales.data();
  const std::int32_t open_low = activation == Activation::none ? stage.low : stage.low + 1;
  parallel_for(points, grain, [&](Index begin, Index end) {
    std::int32_t *low = extremes.low(begin / grain), *high = extremes.high(begin / grain);
    for (Index p = begin; p < end; ++p)
      for (Index c = 0; c < channels; ++c) {
        const Index i = p * channels + c;
        const std::int32_t sum = static_cast<std::int32_t>(sums[i]);
        low[c] = std::min(low[c], sum);
        high[c] = std::max(high[c], sum);
        const std::int32_t code =
            integrad_requantize_unclamped(sum, scales[c], stage.rounding, stage.zero_point);
        result.values[i] = out.real(integrad_clamp(code, stage.low, stage.high));
        result.passes[i] = code >= open_low && code <= stage.high;
      }
  });
  result.observed = extremes.range(tables, in, activation);
  return result;
}

bool sums_fit_float(const LinearTables& tables) {
  constexpr std::int64_t kExact = std::int64_t{1} << 24;
  return std::ranges::all_of(tables.bounds, [](std::int64_t bound) { return bound < kExact; });
}

Tensor<float> mask(const Tensor<float>& cotangent, const Tensor<std::uint8_t>& passes) {
  Tensor<float> masked = Tensor<float>::uninitialized(cotangent.shape());
  parallel_for(masked.size(), kElementwiseGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) masked[i] = passes[i] != 0 ? cotangent[i] : 0.0f;
  });
  return masked;
}

Tensor<float> real_weights(const LinearTables& tables, bool channels_last) {
  Tensor<float> real = Tensor<float>::uninitialized(tables.weight.shape());
  const Index channels = static_cast<Index>(tables.weight_scales.size());
  const Index per_channel = real.size() / channels;
  for (Index i = 0; i < real.size(); ++i) {
    const Index c = channels_last ? i % channels : i / per_channel;
    real[i] =
        static_cast<float>(tables.weight[i]) * tables.weight_scales[static_cast<std::size_t>(c)];
  }
  return real;
}

template Tensor<float> recover_codes(const Tensor<float>&, float);
template Tensor<double> recover_codes(const Tensor<float>&, float);
template Rounded requantize(const Tensor<float>&, const LinearTables&, const integrad_output_stage&,
                            const Quantization&, const Quantization&, Activation);
template Rounded requantize(const Tensor<double>&, const LinearTables&,
                            const integrad_output_stage&, const Quantization&, const Quantization&,
                            Activation);

}  // namespace integrad::fake_quant
