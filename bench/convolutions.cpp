#include "integrad/bench/convolutions.h"

#include <cstring>

#include "integrad/quant/lower.h"
#include "integrad/quant/runner.h"
#include "integrad/tensor/kernels/conv2d.h"
#include "integrad/tensor/kernels/depthwise.h"
#include "integrad/tensor/random.h"

namespace integrad::bench {

namespace {

WindowSpec window_of(const LayerCase& layer) {
  const std::int32_t kernel = layer.kernel, stride = layer.stride, dilation = layer.dilation;
  return {kernel, kernel, stride, stride, dilation, dilation, Padding::same()};
}

Shape filter_shape(const LayerCase& layer) {
  return {layer.depthwise ? 1 : layer.out, layer.kernel, layer.kernel,
          layer.depthwise ? layer.out : layer.in};
}

ConvGeometry geometry_of(const LayerCase& layer, Index side) {
  const Shape input{1, side, side, layer.in};
  return layer.depthwise ? depthwise_geometry(input, filter_shape(layer), window_of(layer))
                         : conv2d_geometry(input, filter_shape(layer), window_of(layer));
}

/// The three functions of one implementation.
struct Kernels {
  decltype(&kernels::conv2d_forward<float>) forward;
  decltype(&kernels::conv2d_input_gradient<float>) input_gradient;
  decltype(&kernels::conv2d_filter_gradient<float>) filter_gradient;
};

Kernels fast_kernels(bool depthwise) {
  using namespace kernels;
  if (depthwise)
    return {depthwise_forward<float>, depthwise_input_gradient<float>,
            depthwise_filter_gradient<float>};
  return {conv2d_forward<float>, conv2d_input_gradient<float>, conv2d_filter_gradient<float>};
}

Kernels reference_kernels(bool depthwise) {
  using namespace kernels::reference;
  if (depthwise)
    return {depthwise_forward<float>, depthwise_input_gradient<float>,
            depthwise_filter_gradient<float>};
  return {conv2d_forward<float>, conv2d_input_gradient<float>, conv2d_filter_gradient<float>};
}

}  // namespace

Tensor<float> random_tensor(const Shape& shape, std::uint64_t stream, double low, double high) {
  const Random random(1, stream);
  Tensor<float> values = Tensor<float>::uninitialized(shape);
  for (Index i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(random.uniform(static_cast<std::uint64_t>(i), low, high));
  return values;
}

FloatConvolution::FloatConvolution(const LayerCase& layer, Index side)
    : depthwise_(layer.depthwise),
      geometry_(geometry_of(layer, side)),
      x_(random_tensor(geometry_.input(), 0)),
      filter_(random_tensor(filter_shape(layer), 1)),
      bias_(random_tensor(Shape{layer.out}, 2)),
      cotangent_(random_tensor(geometry_.output(), 3)),
      y_(geometry_.output()),
      x_gradient_(geometry_.input()),
      filter_gradient_(filter_.shape()),
      bias_gradient_(bias_.shape()) {}

Tensor<float>& FloatConvolution::result(Direction direction) {
  return direction == Direction::forward          ? y_
         : direction == Direction::input_gradient ? x_gradient_
                                                  : filter_gradient_;
}

void FloatConvolution::run(Direction direction) {
  const Kernels kernels = fast_kernels(depthwise_);
  if (direction == Direction::forward)
    kernels.forward(geometry_, x_.data(), filter_.data(), bias_.data(), y_.data());
  else if (direction == Direction::input_gradient)
    kernels.input_gradient(geometry_, cotangent_.data(), filter_.data(), x_gradient_.data());
  else
    kernels.filter_gradient(geometry_, x_.data(), cotangent_.data(), filter_gradient_.data(),
                            bias_gradient_.data());
}

bool FloatConvolution::matches_reference(Direction direction) {
  const Kernels kernels = reference_kernels(depthwise_);
  Tensor<float> expected(result(direction).shape()), expected_bias(bias_.shape());
  if (direction == Direction::forward)
    kernels.forward(geometry_, x_.data(), filter_.data(), bias_.data(), expected.data());
  else if (direction == Direction::input_gradient)
    kernels.input_gradient(geometry_, cotangent_.data(), filter_.data(), expected.data());
  else
    kernels.filter_gradient(geometry_, x_.data(), cotangent_.data(), expected.data(),
                            expected_bias.data());
  run(direction);
  const auto same = [](const Tensor<float>& a, const Tensor<float>& b) {
    return std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(float)) == 0;
  };
  return same(result(direction), expected) &&
         (direction != Direction::filter_gradient || same(bias_gradient_, expected_bias));
}

IntegerConvolution::IntegerConvolution(const LayerCase& layer, Index side) {
  Graph graph;
  const Value image = graph.input({1, side, side, layer.in});
  if (layer.depthwise)
    graph.layer("layer", layer::DepthwiseConv2d{window_of(layer)}, {image});
  else
    graph.layer("layer", layer::Conv2d{layer.out, window_of(layer)}, {image});
  const Quantization quantizations[] = {kImageQuantization, {0.05f, -3}};
  program_ = lower(graph, initialize<float>(graph, 1), quantizations, find_target(kDefaultTarget));
  codes_ = quantize_image(program_, random_tensor(graph.input_shape(), 0, 0, 1));
}

void IntegerConvolution::run() {
  result_ = std::move(integrad::run(program_, codes_).back());
}

bool IntegerConvolution::matches_reference() {
  run();
  Tensor<std::int8_t> expected(result_.shape());
  const integrad_rows rows = integrad_all_rows(codes_.data());
  const auto height = static_cast<std::int32_t>(result_.shape().height());
  const Operation& operation = program_.nodes.back().operation;
  if (const auto* depthwise = std::get_if<quantized::DepthwiseConv2d>(&operation)) {
    const integrad_depthwise kernel = depthwise->kernel();
    integrad_depthwise_rows(&kernel, rows, depthwise->tables.weight.data(),
                            depthwise->tables.bias.data(), expected.data(), 0, height);
  } else {
    const auto& dense = std::get<quantized::Conv2d>(operation);
    const integrad_conv kernel = dense.kernel();
    integrad_conv_rows(&kernel, rows, dense.tables.weight.data(), dense.tables.bias.data(),
                       expected.data(), 0, height);
  }
  return std::memcmp(result_.data(), expected.data(), static_cast<std::size_t>(result_.size())) ==
         0;
}

}  // namespace integrad::bench
