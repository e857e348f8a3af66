#include <algorithm>

#include "integrad/quant/kernels/training_rows.h"

namespace integrad::kernels::int8::reference {

void real_row(float scale, std::int32_t zero_point, const std::int8_t* codes, Index count,
              float* values) {
  for (Index i = 0; i < count; ++i) values[i] = scale * static_cast<float>(codes[i] - zero_point);
}

void masked_row(const float* values, const std::uint8_t* bits, Index count, float* into) {
  for (Index i = 0; i < count; ++i) {
    const float value = values[i];
    into[i] = (bits[i / 8] >> (i % 8) & 1) != 0 ? value : 0.0f;
  }
}

template <class T>
void extremes_row(const T* values, Index count, Index period, float* low, float* high) {
  for (Index i = 0; i < count; ++i) {
    const float value = static_cast<float>(values[i]) + 0.0f;  // a zero is +0, whoever comes first
    low[i % period] = std::min(low[i % period], value);
    high[i % period] = std::max(high[i % period], value);
  }
}

template <class T>
void sums_row(const integrad_output_stage& stage, const Clamp& clamp, Index channels, const T* sums,
              Index count, std::int8_t* codes, std::uint8_t* bits) {
  BitWriter writer(bits);
  for (Index i = 0; i < count; ++i) {
    const std::int32_t code =
        integrad_requantize_unclamped(static_cast<std::int32_t>(sums[i]),
                                      stage.scales[i % channels], stage.rounding, stage.zero_point);
    codes[i] = static_cast<std::int8_t>(integrad_clamp(code, clamp.low, clamp.high));
    writer.put(code >= clamp.open_low && code <= clamp.high);
  }
  writer.finish();
}

void add_row(const integrad_add& layer, const Clamp& clamp, const std::int8_t* input1,
             const std::int8_t* input2, Index count, std::int8_t* codes, std::uint8_t* bits) {
  BitWriter writer(bits);
  for (Index i = 0; i < count; ++i) {
    const std::int32_t code = integrad_add_unclamped(&layer, input1[i], input2[i]);
    codes[i] = static_cast<std::int8_t>(integrad_clamp(code, clamp.low, clamp.high));
    writer.put(code >= clamp.open_low && code <= clamp.high);
  }
  writer.finish();
}

template void extremes_row(const std::int32_t*, Index, Index, float*, float*);
template void extremes_row(const float*, Index, Index, float*, float*);
template void extremes_row(const double*, Index, Index, float*, float*);
template void sums_row(const integrad_output_stage&, const Clamp&, Index, const std::int32_t*,
                       Index, std::int8_t*, std::uint8_t*);
template void sums_row(const integrad_output_stage&, const Clamp&, Index, const float*, Index,
                       std::int8_t*, std::uint8_t*);
template void sums_row(const integrad_output_stage&, const Clamp&, Index, const double*, Index,
                       std::int8_t*, std::uint8_t*);

}  // namespace integrad::kernels::int8::reference
