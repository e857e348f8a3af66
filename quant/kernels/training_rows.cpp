#include "integrad/quant/kernels/training_rows.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace integrad::kernels::int8 {

namespace {

// Below every code: a stage for it may not take all codes below the clamp for one.
constexpr std::int32_t kNoLow = std::numeric_limits<std::int32_t>::min();

// The kernels by the sums' type.
auto sums_kernel(const Int8Kernels& kernels, const std::int32_t*) {
  return kernels.sums_row;
}
auto sums_kernel(const Int8Kernels& kernels, const float*) {
  return kernels.float_sums_row;
}
auto extremes_kernel(const Int8Kernels& kernels, const std::int32_t*) {
  return kernels.extremes_row;
}
auto extremes_kernel(const Int8Kernels& kernels, const float*) {
  return kernels.float_extremes_row;
}

}  // namespace

void real_row(float scale, std::int32_t zero_point, const std::int8_t* codes, Index count,
              float* values) {
  if (const Int8Kernels* kernels = int8_kernels())
    return kernels->real_row(scale, zero_point, codes, count, values);
  reference::real_row(scale, zero_point, codes, count, values);
}

void masked_row(const float* values, const std::uint8_t* bits, Index count, float* into) {
  if (const Int8Kernels* kernels = int8_kernels())
    return kernels->masked_row(values, bits, count, into);
  reference::masked_row(values, bits, count, into);
}

SumStage::SumStage(const integrad_output_stage& stage, const Clamp& clamp,
                   std::span<const std::int64_t> bounds)
    : stage_(stage), clamp_(clamp), kernels_(int8_kernels()) {
  for (std::size_t c = 0; c < bounds.size(); ++c)
    scales_.push_back(stage.scales[static_cast<std::ptrdiff_t>(c) * stage.scale_step]);
  stage_.scales = scales_.data();
  stage_.scale_step = 1;
  if (kernels_ == nullptr) return;
  period_ = channels() / std::gcd(channels(), kernels_->lanes);
  integrad_output_stage open = stage_;
  open.low = kNoLow;
  packed_ = pack_stage(open, bounds, period_, kernels_->lanes, [&](Index vector, Index lane) {
    return (vector * kernels_->lanes + lane) % channels();
  });
  packed_.stage.low = clamp.low;
  packed_.stage.high = clamp.high;
}

template <class T>
void SumStage::row(const T* sums, Index count, std::int8_t* codes, std::uint8_t* bits) const {
  if constexpr (!std::is_same_v<T, double>) {
    if (kernels_ != nullptr)
      return sums_kernel(*kernels_, sums)(packed_.stage, clamp_.open_low, period_, sums, count,
                                          codes, bits);
  }
  reference::sums_row(stage_, clamp_, channels(), sums, count, codes, bits);
}

template <class T>
void extremes_row(const T* values, Index count, Index period, float* low, float* high) {
  if constexpr (!std::is_same_v<T, double>) {
    const Int8Kernels* const kernels = int8_kernels();
    if (kernels != nullptr && count >= kernels->lanes) {
      const Index vectors = period / std::gcd(period, kernels->lanes);
      const Index size = vectors * kernels->lanes;
      std::vector<float> lanes(static_cast<std::size_t>(2 * size));
      float *const lows = lanes.data(), *const highs = lows + size;
      for (Index i = 0; i < size; ++i) {
        lows[i] = low[i % period];
        highs[i] = high[i % period];
      }
      extremes_kernel(*kernels, values)(values, count, vectors, lows, highs);
      for (Index i = 0; i < size; ++i) {
        low[i % period] = std::min(low[i % period], lows[i]);
        high[i % period] = std::max(high[i % period], highs[i]);
      }
      return;
    }
  }
  reference::extremes_row(values, count, period, low, high);
}

template void SumStage::row(const std::int32_t*, Index, std::int8_t*, std::uint8_t*) const;
template void SumStage::row(const float*, Index, std::int8_t*, std::uint8_t*) const;
template void SumStage::row(const double*, Index, std::int8_t*, std::uint8_t*) const;
template void extremes_row(const std::int32_t*, Index, Index, float*, float*);
template void extremes_row(const float*, Index, Index, float*, float*);
template void extremes_row(const double*, Index, Index, float*, float*);

AddRows::AddRows(const integrad_add& layer, const Clamp& clamp) : layer_(layer), clamp_(clamp) {
  integrad_add open = layer;
  open.low = kNoLow;
  packed_ = pack_add(open);
  packed_.stage.stage.low = clamp.low;
  packed_.stage.stage.high = clamp.high;
  packed_.stage.open_low = clamp.open_low;
}

void AddRows::row(const std::int8_t* input1, const std::int8_t* input2, Index count,
                  std::int8_t* codes, std::uint8_t* bits) const {
  if (packed_.kernel == nullptr)
    return reference::add_row(layer_, clamp_, input1, input2, count, codes, bits);
  if (packed_.swapped) std::swap(input1, input2);
  packed_.kernel(packed_.stage, input1, input2, codes, bits, count);
}

}  // namespace integrad::kernels::int8
