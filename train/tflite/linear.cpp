#include <algorithm>
#include <array>

#include "integrad/tensor/error.h"
#include "integrad/train/tflite/node.h"

namespace integrad::tflite {

namespace {

// A linear operator's constants, `weight` in the layout the operator wants.
struct Constants {
  TensorId weight, bias;
};

Constants constants(const NodeContext& n, const LinearTables& tables, const Shape& weight_shape,
                    std::int32_t channel_dimension) {
  const float in_scale = n.source(0).quantization.scale;
  std::vector<float> bias_scales;
  for (const float scale : tables.weight_scales) bias_scales.push_back(in_scale * scale);
  const TensorId weight = n.composer.constant(n.name() + "/weight", weight_shape,
                                              per_channel(tables.weight_scales, channel_dimension),
                                              tables.weight.values());
  const TensorId bias = n.composer.constant(
      n.name() + "/bias", {static_cast<Index>(tables.bias.size())},
      per_channel(std::move(bias_scales), 0), std::span<const std::int32_t>(tables.bias));
  return {weight, bias};
}

template <class Attributes>
PaddedInput padded_input(const NodeContext& n, const Attributes& a) {
  return padded(n.composer, n.in(0), n.name(), {a.input, a.output, {a.window_y, a.window_x}},
                static_cast<std::int8_t>(a.input_zero_point));
}

}  // namespace

TensorId append(const NodeContext& n, const quantized::Conv2d& o) {
  const integrad_conv& a = o.attributes;
  const PaddedInput input = padded_input(n, a);
  const Constants c = constants(n, o.tables, o.tables.weight.shape(), 0);
  namespace field = slot::conv_2d;
  return n.composer.apply(a.groups == 1 ? kind::conv_2d : kind::grouped_conv_2d,
                          {input.tensor, c.weight, c.bias}, n.out(),
                          {padding(field::padding, input.rule),
                           {field::stride_x, a.window_x.stride},
                           {field::stride_y, a.window_y.stride},
                           activation(n, field::activation, a.stage.low, a.stage.high),
                           {field::dilation_x, a.window_x.dilation},
                           {field::dilation_y, a.window_y.dilation}});
}

TensorId append(const NodeContext& n, const quantized::DepthwiseConv2d& o) {
  const integrad_depthwise& a = o.attributes;
  const PaddedInput input = padded_input(n, a);
  const Constants c = constants(n, o.tables, o.tables.weight.shape(), 3);
  namespace field = slot::depthwise_conv_2d;
  return n.composer.apply(kind::depthwise_conv_2d, {input.tensor, c.weight, c.bias}, n.out(),
                          {padding(field::padding, input.rule),
                           {field::stride_x, a.window_x.stride},
                           {field::stride_y, a.window_y.stride},
                           {field::multiplier, a.output.channels / a.input.channels},
                           activation(n, field::activation, a.stage.low, a.stage.high),
                           {field::dilation_x, a.window_x.dilation},
                           {field::dilation_y, a.window_y.dilation}});
}

TensorId append(const NodeContext& n, const quantized::TransposedConv2d& o) {
  const integrad_transposed_conv& a = o.attributes;
  require(a.window_y.dilation == 1 && a.window_x.dilation == 1,
          "the format's transposed convolution has no dilation; got ", a.window_y.dilation, "x",
          a.window_x.dilation);
  // The words for padding speak of the convolution from this output to this input. Where neither
  // fits, the output of no padding is computed, and this one cut out of it.
  const auto rule = padding_rule({a.output, a.input, {a.window_y, a.window_x}});
  const auto unpadded = [](std::int32_t inputs, std::int32_t outputs, const integrad_window& w) {
    return std::max(w.pad_before + outputs, (inputs - 1) * w.stride + integrad_window_extent(w));
  };
  // Not every version of TFLM has an activation here, so it is an operator of its own.
  const NamedActivation clamp = named_activation(n, a.stage.low, a.stage.high);
  const bool clamped = clamp.fused != FusedActivation::none;

  std::array<std::int32_t, 4> extent{1, a.output.height, a.output.width, a.output.channels};
  if (!rule) {
    extent[1] = unpadded(a.input.height, a.output.height, a.window_y);
    extent[2] = unpadded(a.input.width, a.output.width, a.window_x);
  }
  const TensorId shape = n.composer.numbers(n.name() + "/shape", {4}, extent);
  const Constants c = constants(n, o.tables, o.tables.weight.shape(), 0);
  namespace field = slot::transpose_conv;
  TensorEntry spread = n.out();
  spread.shape.assign(extent.begin(), extent.end());
  if (!rule || clamped) spread.name += "/sums";
  TensorId result =
      n.composer.apply(kind::transpose_conv, {shape, c.weight, n.in(0), c.bias}, std::move(spread),
                       {padding(field::padding, rule.value_or(PaddingRule::valid)),
                        {field::stride_x, a.window_x.stride},
                        {field::stride_y, a.window_y.stride}});
  if (!rule) {
    TensorEntry cut = n.out();
    if (clamped) cut.name += "/cut";
    result = n.composer.slice(result, std::move(cut),
                              {0, a.window_y.pad_before, a.window_x.pad_before, 0});
  }
  // From and to the same scale, which rescales by exactly 1.
  return clamped ? n.composer.apply(clamp.alone, {result}, n.out()) : result;
}

TensorId append(const NodeContext& n, const quantized::FullyConnected& o) {
  const integrad_fully_connected& a = o.attributes;
  if (a.outputs == 1) {
    // FULLY_CONNECTED with one scale is taken for one with a scale per tensor, whose multiplier
    // TFLM rounds otherwise. A convolution's has one rule.
    const Constants c = constants(n, o.tables, {1, 1, 1, a.inputs}, 0);
    const TensorId point = n.composer.reshape(n.in(0), n.name() + "/point", {1, 1, 1, a.inputs});
    TensorEntry sum = n.out();
    sum.name += "/sum";
    sum.shape = {1, 1, 1, 1};
    namespace field = slot::conv_2d;
    const TensorId result =
        n.composer.apply(kind::conv_2d, {point, c.weight, c.bias}, std::move(sum),
                         {padding(field::padding, PaddingRule::valid),
                          {field::stride_x, 1},
                          {field::stride_y, 1},
                          activation(n, field::activation, a.stage.low, a.stage.high),
                          {field::dilation_x, 1},
                          {field::dilation_y, 1}});
    return n.composer.reshape(result, n.name(), n.node().shape);
  }
  const Constants c = constants(n, o.tables, o.tables.weight.shape(), 0);
  return n.composer.apply(kind::fully_connected, {n.in(0), c.weight, c.bias}, n.out(),
                          {activation(n, slot::arithmetic::activation, a.stage.low, a.stage.high)});
}

}  // namespace integrad::tflite
