#pragma once
#include <vector>

#include "integrad/nn/float_evaluator.h"
#include "integrad/quant/lower.h"
#include "integrad/quant/range_gradient.h"
#include "integrad/tensor/kernels/convolution.h"

namespace integrad {

namespace fake_quant {
struct Rounded;
class LinearResult;
}  // namespace fake_quant

/// Whether the extremes of the real results are wanted, so that ranges can follow them, or the
/// gradients by the ranges' bounds.
enum class Ranges { tracked, fixed, learned };

/// Evaluates layers for interpret() such that the forward pass is the integer arithmetic itself.
/// The tape holds codes (code_map.h), whose values are the exact multiples scale * (code -
/// zero_point). A convolution's sums are exact: in integers, in floats that hold integers while
/// every |sum| stays below 2^24, or else in doubles; they end in the arithmetic of arith.h, which
/// the device runs. Backward is the straight-through estimator: gradients pass where the code was
/// not clamped. Works on a folded graph. Layers that copy codes (concat, pad, slice ...) need no
/// treatment: copies of multiples are multiples.
class FakeQuantEvaluator : public FloatEvaluator<float> {
 public:
  /// Throws Error when the quantisations do not fit the graph or the target lacks a kernel.
  FakeQuantEvaluator(Tape<float>& tape, const Graph& graph, Parameters<float>& parameters,
                     Mode mode, std::vector<Quantization> quantizations, const Target& target,
                     Ranges ranges = Ranges::tracked);

  using FloatEvaluator<float>::operator();
  /// Rounds the image to codes; exact for pixels / 255.
  Var input(Var image);
  Var operator()(int id, const layer::Conv2d& l, Inputs in);
  Var operator()(int id, const layer::DepthwiseConv2d& l, Inputs in);
  Var operator()(int id, const layer::TransposedConv2d& l, Inputs in);
  Var operator()(int id, const layer::FullyConnected& l, Inputs in);
  Var operator()(int id, const layer::Arithmetic& l, Inputs in);
  Var operator()(int id, const layer::MaxPool& l, Inputs in);
  Var operator()(int id, const layer::MaxUnpool& l, Inputs in);
  Var operator()(int id, const layer::AveragePool& l, Inputs in);
  Var operator()(int id, const layer::Pointwise& l, Inputs in);
  Var operator()(int id, const layer::Softmax& l, Inputs in);
  Var operator()(int id, const layer::Resize& l, Inputs in);
  /// Throw Error: these have no integer kernel.
  Var operator()(int id, const layer::BatchNorm& l, Inputs in);
  Var operator()(int id, const layer::GlobalMean& l, Inputs in);

  /// For each node the extremes of its real result before rounding and clamping to codes (after its
  /// activation), where ranges are tracked; {0, 0} for the layers that copy codes.
  const std::vector<Range>& observed() const { return observed_; }
  /// For each node the gradient by its range, once the tape has gone backward and where ranges are
  /// learned; else zeros. Outlives the evaluator.
  std::shared_ptr<const std::vector<RangeGradient>> range_gradients() const {
    return range_gradients_;
  }

 private:
  struct Linear {
    Var x, weight, bias;
    Quantization in, out;
  };
  Linear linear(int id, Inputs in, bool has_bias) const;
  fake_quant::LinearResult linear_result(const Shape& shape, const Linear& linear,
                                         const LinearTables& tables,
                                         const integrad_output_stage& stage, Activation activation,
                                         std::shared_ptr<RoundingErrors> errors) const;
  Var convolve(int id, const Linear& linear, kernels::Convolution kind,
               const ConvGeometry& geometry, const LinearTables& tables,
               const integrad_output_stage& stage, Activation activation);
  template <class Build>
  Var finish_built(int id, const Linear& linear, const LinearTables& tables,
                   const integrad_output_stage& stage, Activation activation, Build build);
  Var replace(int id, Var real, fake_quant::Rounded rounded);
  /// Null unless ranges are learned.
  std::shared_ptr<RoundingErrors> rounding_errors(const Shape& shape, Activation activation) const;
  Operation lowered(int id, const Linear* linear) const;
  const Quantization& quantization_of_input(int id) const;

  std::vector<Quantization> quantizations_;
  const Target& target_;
  Ranges ranges_;
  std::vector<Range> observed_;
  std::shared_ptr<std::vector<RangeGradient>> range_gradients_;
  std::vector<std::shared_ptr<const Tensor<std::uint8_t>>> packed_winners_;  // by node
};

/// The codes of values that are exact multiples of the scale.
Tensor<std::int8_t> codes_of(const Tensor<float>& values, const Quantization& quantization);

}  // namespace integrad
