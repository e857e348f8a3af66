#include "integrad/quant/fake_quant_kernels.h"

#include <algorithm>
#include <limits>

#include "integrad/tensor/kernels/rows.h"

namespace integrad::fake_quant {

kernels::int8::Clamp clamp_of(std::int32_t low, std::int32_t high, Activation activation) {
  return {low, high, activation == Activation::none ? low : low + 1};
}

namespace {

integrad_output_stage with_scales(integrad_output_stage stage, const LinearTables& tables) {
  stage.scales = tables.scales.data();
  stage.scale_step = 1;
  return stage;
}

}  // namespace

LinearResult::LinearResult(const Shape& shape, const LinearTables& tables,
                           const integrad_output_stage& stage, const Quantization& in,
                           const Quantization& out, Activation activation, bool observe,
                           std::shared_ptr<RoundingErrors> errors)
    : stage_(with_scales(stage, tables), clamp_of(stage.low, stage.high, activation),
             tables.bounds),
      in_(in),
      out_(out),
      activation_(activation),
      codes_(Tensor<std::int8_t>::uninitialized(shape)),
      passes_(shape),
      errors_(std::move(errors)) {
  if (errors_ != nullptr)
    for (const float weight_scale : tables.weight_scales)
      steps_.push_back(in.scale * weight_scale / out.scale);
  if (!observe) return;
  const auto size = static_cast<std::size_t>(lines().count * lines().channels);
  low_.assign(size, std::numeric_limits<float>::max());
  high_.assign(size, std::numeric_limits<float>::lowest());
}

template <class T>
void LinearResult::line(Index line, const T* sums) {
  const Index size = lines().size(), channels = lines().channels;
  stage_.row(sums, size, codes_.data() + line * size, passes_.line(line));
  if (errors_ != nullptr)
    errors_->line(line, codes_.data() + line * size, [&](Index i) {
      return static_cast<float>(sums[i]) * steps_[static_cast<std::size_t>(i % channels)] +
             static_cast<float>(out_.zero_point);
    });
  if (low_.empty()) return;
  float *const low = low_.data() + line * channels, *const high = high_.data() + line * channels;
  kernels::int8::extremes_row(sums, size, channels, low, high);
}

template <class T>
void LinearResult::all_lines(const Tensor<T>& sums) {
  kernels::parallel_rows(lines().count, lines().size(),
                         [&](Index row) { line(row, sums.data() + row * lines().size()); });
}

Range LinearResult::range(const LinearTables& tables) const {
  double low = 0, high = 0;
  for (std::size_t i = 0; i < low_.size(); ++i) {
    const float weight_scale = tables.weight_scales[i % tables.weight_scales.size()];
    const double scale = static_cast<double>(in_.scale) * static_cast<double>(weight_scale);
    low = std::min(low, static_cast<double>(low_[i]) * scale);
    high = std::max(high, static_cast<double>(high_[i]) * scale);
  }
  if (activation_ != Activation::none) low = 0;
  if (activation_ == Activation::relu6) high = std::min(high, 6.0);
  return {static_cast<float>(low), static_cast<float>(high)};
}

Rounded LinearResult::finish(const LinearTables& tables) {
  return {std::make_shared<CodeMap>(std::move(codes_), out_), std::move(passes_), range(tables)};
}

bool sums_fit_float(const LinearTables& tables) {
  constexpr std::int64_t kExact = std::int64_t{1} << 24;
  return std::ranges::all_of(tables.bounds, [](std::int64_t bound) { return bound < kExact; });
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

template <class T>
Tensor<T> steps_of(const CodeMap& map) {
  Tensor<T> steps = Tensor<T>::uninitialized(map.shape());
  const std::int8_t* const codes = map.codes().data();
  const std::int32_t zero_point = map.quantization().zero_point;
  parallel_for(steps.size(), kElementwiseGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) steps[i] = static_cast<T>(codes[i] - zero_point);
  });
  return steps;
}

template void LinearResult::line(Index, const std::int32_t*);
template void LinearResult::line(Index, const float*);
template void LinearResult::line(Index, const double*);
template void LinearResult::all_lines(const Tensor<float>&);
template void LinearResult::all_lines(const Tensor<double>&);
template Tensor<float> steps_of(const CodeMap&);
template Tensor<double> steps_of(const CodeMap&);

}  // namespace integrad::fake_quant
