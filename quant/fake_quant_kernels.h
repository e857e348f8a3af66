#pragma once
#include "integrad/quant/qgraph.h"
#include "integrad/tensor/tensor.h"

/// The loops of the fake-quantised forward pass, apart from the tape.
namespace integrad::fake_quant {

/// round(values / scale) as integer-valued T: code - zero_point, exactly.
template <class T>
Tensor<T> recover_codes(const Tensor<float>& values, float scale);

/// What a quantised layer gives: the real values of its codes, which outputs pass a gradient, and
/// the extremes of the real result before rounding.
struct Rounded {
  Tensor<float> values;
  Tensor<std::uint8_t> passes;
  Range observed;
};

/// The integer epilogue over sums [..., channels] (integer-valued): requantise, clamp, back to
/// real. A ReLU's own lower bound blocks the gradient, a saturated code does too.
template <class T>
Rounded requantize(const Tensor<T>& sums, const LinearTables& tables,
                   const integrad_output_stage& stage, const Quantization& in,
                   const Quantization& out, Activation activation);

/// Whether the integer sums are exact in float32, whatever their order.
bool sums_fit_float(const LinearTables& tables);

/// Cotangent where it passes, else 0.
Tensor<float> mask(const Tensor<float>& cotangent, const Tensor<std::uint8_t>& passes);

/// Real weights of the integer ones.
Tensor<float> real_weights(const LinearTables& tables, bool channels_last);

}  // namespace integrad::fake_quant
