#pragma once
#include "integrad/quant/code_map.h"
#include "integrad/quant/kernels/training_rows.h"
#include "integrad/quant/qgraph.h"
#include "integrad/quant/range_gradient.h"
#include "integrad/tensor/kernels/convolution_norm.h"

/// The loops of the fake-quantised forward and backward pass, apart from the tape.
namespace integrad::fake_quant {

/// What a quantised layer gives: codes, which outputs pass a gradient (none given: all), and the
/// extremes of the real result before rounding, when they were asked for.
struct Rounded {
  std::shared_ptr<const CodeMap> codes;
  Passes passes;
  Range observed;
};

/// The bounds of a clamp that an activation shares in: its own lower bound stops a gradient, a
/// saturated code does too.
kernels::int8::Clamp clamp_of(std::int32_t low, std::int32_t high, Activation activation);

/// The result of a linear layer, written line by line (kernels::Lines) from integer-valued sums:
/// requantised and clamped, as the device does it. Lines are independent of each other.
class LinearResult {
 public:
  LinearResult(const Shape& shape, const LinearTables& tables, const integrad_output_stage& stage,
               const Quantization& in, const Quantization& out, Activation activation, bool observe,
               std::shared_ptr<RoundingErrors> errors);
  const kernels::Lines& lines() const { return passes_.lines(); }
  template <class T>
  void line(Index line, const T* sums);
  template <class T>
  void all_lines(const Tensor<T>& sums);
  Rounded finish(const LinearTables& tables);

 private:
  Range range(const LinearTables& tables) const;

  kernels::int8::SumStage stage_;
  Quantization in_, out_;
  Activation activation_;
  Tensor<std::int8_t> codes_;
  Passes passes_;
  std::vector<float> low_, high_;  // of the sums, by line and channel; empty when nobody asks
  std::shared_ptr<RoundingErrors> errors_;  // null when nobody asks
  std::vector<float> steps_;                // of the result in one of a channel's sums
};

/// Whether the integer sums are exact in float32, whatever their order.
bool sums_fit_float(const LinearTables& tables);

/// The convolution of codes with integer weights: in integers where this machine has kernels for
/// the layer, else in floats where these are exact, else in doubles.
void convolve(kernels::Convolution kind, const ConvGeometry& g, const CodeMap& x,
              const LinearTables& tables, LinearResult& into);

/// Its three gradients by the real values of codes and weights, of the cotangent d where it passes:
/// dx = before + gradient; dfilter and dbias are overwritten.
void convolution_gradients(kernels::Convolution kind, const ConvGeometry& g, const CodeMap& x,
                           const Tensor<float>& weight, const Tensor<float>& d,
                           const Passes& passes, const kernels::InputGradient<float>& into,
                           float* dfilter, float* dbias);

/// Real weights of the integer ones.
Tensor<float> real_weights(const LinearTables& tables, bool channels_last);

/// Codes of real numbers that are whole steps apart from 0, as integer-valued T.
template <class T>
Tensor<T> steps_of(const CodeMap& map);

}  // namespace integrad::fake_quant
