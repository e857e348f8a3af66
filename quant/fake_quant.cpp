#include "integrad/quant/fake_quant.h"

#include "integrad/autograd/ops/input_target.h"
#include "integrad/quant/c/quantize.h"
#include "integrad/quant/fake_quant_kernels.h"
#include "integrad/tensor/parallel.h"

namespace integrad {

Tensor<std::int8_t> codes_of(const Tensor<float>& values, const Quantization& quantization) {
  Tensor<std::int8_t> codes = Tensor<std::int8_t>::uninitialized(values.shape());
  // Adding and subtracting 1.5 * 2^23 rounds to the nearest integer; |code - zero_point| <= 255.
  constexpr float kRounder = 0x1.8p23f;
  parallel_for(codes.size(), kElementwiseGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const float steps = (values[i] / quantization.scale + kRounder) - kRounder;
      codes[i] =
          static_cast<std::int8_t>(static_cast<std::int32_t>(steps) + quantization.zero_point);
    }
  });
  return codes;
}

FakeQuantEvaluator::FakeQuantEvaluator(Tape<float>& tape, const Graph& graph,
                                       Parameters<float>& parameters, Mode mode,
                                       std::vector<Quantization> quantizations,
                                       const Target& target, Ranges ranges)
    : FloatEvaluator<float>(tape, graph, parameters, mode),
      quantizations_(std::move(quantizations)),
      target_(target),
      ranges_(ranges),
      observed_(graph.nodes().size()),
      range_gradients_(std::make_shared<std::vector<RangeGradient>>(graph.nodes().size())),
      packed_winners_(graph.nodes().size()) {
  check_quantizations(graph, quantizations_);
}

Var FakeQuantEvaluator::input(Var image) {
  const Quantization& q = quantizations_.front();
  const Tensor<float>& pixels = tape_.value(image);
  Tensor<std::int8_t> codes = Tensor<std::int8_t>::uninitialized(pixels.shape());
  parallel_for(pixels.size(), kElementwiseGrain, [&](Index begin, Index end) {
    integrad_quantize_elements(pixels.data() + begin, q.scale, q.zero_point, codes.data() + begin,
                               end - begin);
  });
  return tape_.record_encoded("constant", std::make_shared<CodeMap>(std::move(codes), q), {},
                              [](Tape<float>&, const Tensor<float>&) {});
}

FakeQuantEvaluator::Linear FakeQuantEvaluator::linear(int id, Inputs in, bool has_bias) const {
  const int from = graph_.node(id).inputs[0];
  return {in[0], parameter(id, "weight"), bias(id, has_bias),
          quantizations_[static_cast<std::size_t>(from)],
          quantizations_[static_cast<std::size_t>(id)]};
}

Operation FakeQuantEvaluator::lowered(int id, const Linear* linear) const {
  const bool has_bias = linear != nullptr && linear->bias != Var{};
  return lower_node(graph_, id, linear != nullptr ? &tape_.value(linear->weight) : nullptr,
                    has_bias ? &tape_.value(linear->bias) : nullptr, quantizations_, target_);
}

fake_quant::LinearResult FakeQuantEvaluator::linear_result(
    const Shape& shape, const Linear& linear, const LinearTables& tables,
    const integrad_output_stage& stage, Activation activation,
    std::shared_ptr<RoundingErrors> errors) const {
  return {shape,
          tables,
          stage,
          linear.in,
          linear.out,
          activation,
          ranges_ == Ranges::tracked,
          std::move(errors)};
}

std::shared_ptr<RoundingErrors> FakeQuantEvaluator::rounding_errors(const Shape& shape,
                                                                    Activation activation) const {
  return ranges_ == Ranges::learned ? std::make_shared<RoundingErrors>(shape, activation) : nullptr;
}

Var FakeQuantEvaluator::convolve(int id, const Linear& linear, kernels::Convolution kind,
                                 const ConvGeometry& geometry, const LinearTables& tables,
                                 const integrad_output_stage& stage, Activation activation) {
  const auto x = code_map(tape_, linear.x, linear.in);
  const auto errors = rounding_errors(geometry.output(), activation);
  fake_quant::LinearResult result =
      linear_result(geometry.output(), linear, tables, stage, activation, errors);
  fake_quant::convolve(kind, geometry, *x, tables, result);
  fake_quant::Rounded rounded = result.finish(tables);
  observed_[static_cast<std::size_t>(id)] = rounded.observed;

  std::vector<Var> inputs{linear.x, linear.weight};
  if (linear.bias != Var{}) inputs.push_back(linear.bias);
  return tape_.record_encoded(
      "fake_quant_linear", rounded.codes, inputs,
      [kind, geometry, linear, x, id, errors, codes = errors != nullptr ? rounded.codes : nullptr,
       learned = range_gradients_, passes = std::move(rounded.passes),
       weight = fake_quant::real_weights(tables, kind == kernels::Convolution::depthwise)](
          Tape<float>& t, const Tensor<float>& cotangent) {
        if (errors != nullptr)
          (*learned)[static_cast<std::size_t>(id)] = errors->gradient(cotangent, *codes, passes);
        Tensor<float> dweight = Tensor<float>::uninitialized(weight.shape());
        Tensor<float> dbias = Tensor<float>::uninitialized(Shape{geometry.out_channels});
        InputTarget<float> input(t, linear.x);
        fake_quant::convolution_gradients(kind, geometry, *x, weight, cotangent, passes,
                                          input.gradient(), dweight.data(), dbias.data());
        t.accumulate(linear.weight, std::move(dweight));
        if (linear.bias != Var{}) t.accumulate(linear.bias, std::move(dbias));
      });
}

Var FakeQuantEvaluator::operator()(int id, const layer::Conv2d& l, Inputs in) {
  const Linear operands = linear(id, in, l.bias);
  const auto operation = std::get<quantized::Conv2d>(lowered(id, &operands));
  const ConvGeometry g =
      conv2d_geometry(tape_.shape(in[0]), tape_.shape(operands.weight), l.window, l.groups);
  return convolve(id, operands, kernels::Convolution::full, g, operation.tables,
                  operation.attributes.stage, l.activation);
}

Var FakeQuantEvaluator::operator()(int id, const layer::DepthwiseConv2d& l, Inputs in) {
  const Linear operands = linear(id, in, l.bias);
  const auto operation = std::get<quantized::DepthwiseConv2d>(lowered(id, &operands));
  const ConvGeometry g =
      depthwise_geometry(tape_.shape(in[0]), tape_.shape(operands.weight), l.window);
  return convolve(id, operands, kernels::Convolution::depthwise, g, operation.tables,
                  operation.attributes.stage, l.activation);
}

}  // namespace integrad
