#include <algorithm>

#include "integrad/quant/lower.h"
#include "integrad/quant/multiplier.h"
#include "integrad/tensor/error.h"

namespace integrad {

namespace {

integrad_dims dims(const Shape& shape) {
  const auto extent = [&](int axis) { return static_cast<std::int32_t>(shape[axis]); };
  return {extent(1), extent(2), extent(3)};
}

struct LoweredNode {
  const Graph& graph;
  const Node& node;
  const Tensor<float>*weight, *bias;
  std::span<const Quantization> quantizations;
  const Quantization& out;
  const Target& target;

  const Quantization& in(std::size_t i) const {
    return quantizations[static_cast<std::size_t>(node.inputs[i])];
  }
  const Shape& in_shape(std::size_t i) const { return graph.node(node.inputs[i]).shape; }

  integrad_output_stage stage(Activation activation) const {
    const CodeRange range = activation_range(activation, out);
    return {nullptr, 1, out.zero_point, range.low, range.high, target.rounding};
  }

  integrad_pool pool(const WindowSpec& spec) const {
    const ConvGeometry g = pool_geometry(in_shape(0), spec);
    return {dims(in_shape(0)), dims(node.shape), g.window.y, g.window.x, -128, 127};
  }

  Operation operator()(const layer::Input&) const { return quantized::Input{}; }

  Operation operator()(const layer::Conv2d& l) const {
    const ConvGeometry g = conv2d_geometry(in_shape(0), weight->shape(), l.window, l.groups);
    return quantized::Conv2d{
        {dims(g.input()), dims(g.output()), g.window.y, g.window.x, g.groups, in(0).zero_point,
         stage(l.activation)},
        lower_linear(*weight, bias, ChannelAxis::first, in(0), out, target.weights)};
  }

  Operation operator()(const layer::DepthwiseConv2d& l) const {
    const ConvGeometry g = depthwise_geometry(in_shape(0), weight->shape(), l.window);
    return quantized::DepthwiseConv2d{
        {dims(g.input()), dims(g.output()), g.window.y, g.window.x, in(0).zero_point,
         stage(l.activation)},
        lower_linear(*weight, bias, ChannelAxis::last, in(0), out, target.weights)};
  }

  Operation operator()(const layer::TransposedConv2d& l) const {
    const ConvGeometry mirrored =
        transposed_geometry(in_shape(0), weight->shape(), l.window, l.output_padding);
    return quantized::TransposedConv2d{
        {dims(in_shape(0)), dims(node.shape), mirrored.window.y, mirrored.window.x,
         in(0).zero_point, stage(l.activation)},
        lower_linear(*weight, bias, ChannelAxis::first, in(0), out, target.weights)};
  }

  Operation operator()(const layer::FullyConnected& l) const {
    const auto inputs = narrow<std::int32_t>(in_shape(0).channels());
    return quantized::FullyConnected{
        {inputs, narrow<std::int32_t>(l.out_features), in(0).zero_point, 0, stage(l.activation)},
        lower_linear(*weight, bias, ChannelAxis::first, in(0), out, target.weights)};
  }

  Operation operator()(const layer::Arithmetic& l) const {
    using Function = layer::Arithmetic::Function;
    require(in_shape(0) == in_shape(1), "the integer kernels take operands of one shape; got ",
            in_shape(0), " and ", in_shape(1));
    const CodeRange range = activation_range(l.activation, out);
    if (l.function == Function::mul)
      return quantized::Multiply{{in(0).zero_point, in(1).zero_point,
                                  multiply_scale(in(0).scale, in(1).scale, out.scale),
                                  out.zero_point, range.low, range.high, target.rounding}};
    const AddScales s = add_scales(in(0).scale, in(1).scale, out.scale);
    const integrad_add attributes{in(0).zero_point, in(1).zero_point, s.input1,       s.input2,
                                  s.output,         kAddLeftShift,    out.zero_point, range.low,
                                  range.high,       target.rounding};
    if (l.function == Function::sub) return quantized::Subtract{attributes};
    return quantized::Add{attributes};
  }

  Operation operator()(const layer::MaxPool& l) const {
    bool read = false;
    for (const Node& other : graph.nodes())
      read = read || (std::holds_alternative<layer::MaxUnpool>(other.layer) &&
                      &graph.node(other.inputs[1]) == &node);
    return quantized::MaxPool{pool(l.window), read};
  }

  Operation operator()(const layer::MaxUnpool& l) const {
    const Window2d window = resolve(l.window, l.height, l.width);
    return quantized::MaxUnpool{
        {dims(in_shape(0)), dims(node.shape), window.y, window.x, out.zero_point}};
  }

  Operation operator()(const layer::AveragePool& l) const {
    return quantized::AveragePool{pool(l.window)};
  }

  Operation operator()(const layer::Resize& l) const {
    const integrad_resize attributes{dims(in_shape(0)), dims(node.shape), l.align_corners,
                                     l.half_pixel_centers, target.rounding};
    if (l.method == layer::Resize::Method::nearest) return quantized::ResizeNearest{attributes};
    const auto stays_inside = [&](std::int32_t from, std::int32_t to) {
      // Positions have 10 fractional bits in 32. Rounded up over many points, the last one may lie
      // beyond the image.
      require(from < 1 << 20 && to < 1 << 20, "bilinear resizing needs sides below 2^20; from ",
              from, " to ", to);
      const integrad_neighbours last =
          integrad_bilinear_source(to - 1, from, to, l.align_corners, l.half_pixel_centers);
      require(last.low < from, "the integer kernel would read beyond the image when it resizes ",
              from, " points to ", to);
    };
    stays_inside(attributes.input.height, attributes.output.height);
    stays_inside(attributes.input.width, attributes.output.width);
    return quantized::ResizeBilinear{attributes};
  }

  Operation operator()(const layer::Concat&) const {
    const auto all = narrow<std::int32_t>(node.shape.channels());
    quantized::Concat concat;
    std::int32_t first = 0;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const auto channels = narrow<std::int32_t>(in_shape(i).channels());
      concat.parts.push_back({channels, all, first});
      first += channels;
    }
    return concat;
  }

  Operation operator()(const layer::Pad& l) const {
    return quantized::Pad{{dims(in_shape(0)), dims(node.shape), narrow<std::int32_t>(l.top),
                           narrow<std::int32_t>(l.left), out.zero_point}};
  }

  Operation operator()(const layer::Slice& l) const {
    const auto begin = [&](int axis) { return narrow<std::int32_t>(l.begin[axis]); };
    return quantized::Slice{{dims(in_shape(0)), dims(node.shape), begin(0), begin(1), begin(2)}};
  }

  Operation operator()(const layer::Reshape&) const { return quantized::Reshape{}; }

  Operation operator()(const layer::Softmax&) const {
    const auto channels = narrow<std::int32_t>(in_shape(0).channels());
    // From a sum of 512 on, the kernels that we match would shift 32 bits by 32.
    require(channels < 512, "the integer softmax takes at most 511 channels; got ", channels);
    const SoftmaxScale s = softmax_scale(1.0, in(0).scale, target.rounding);
    return quantized::Softmax{{channels, s.scale.multiplier, s.scale.shift, s.smallest_difference}};
  }

  Operation operator()(const layer::Pointwise& l) const {
    using Function = layer::Pointwise::Function;
    switch (l.function) {
      case Function::relu:
        return requantize(Activation::relu);
      case Function::relu6:
        return requantize(Activation::relu6);
      case Function::sigmoid: {
        const LogisticScale s = logistic_scale(in(0).scale, target.rounding);
        quantized::Logistic logistic{{in(0).zero_point, s.scale, s.radius, target.rounding}, {}};
        integrad_logistic_table(&logistic.attributes, logistic.table.data());
        return logistic;
      }
      case Function::hard_swish: {
        const HardSwishScale s = hard_swish_scale(in(0).scale, out.scale);
        quantized::HardSwish swish{{in(0).zero_point, s.ramp, s.output, out.zero_point}, {}};
        integrad_hard_swish_table(&swish.attributes, swish.table.data());
        return swish;
      }
      case Function::hard_sigmoid:
        break;
    }
    fail("the target ", target.name, " has no integer kernel for hard sigmoid");
  }

  Operation operator()(const layer::BatchNorm&) const {
    fail("batch norm has no integer kernel: fold the model first");
  }
  Operation operator()(const layer::GlobalMean&) const {
    // TFLM's Mean rounds otherwise than its average pool.
    fail("the target ", target.name,
         " has no integer kernel for a mean: use an average pool over the whole image");
  }

  Operation requantize(Activation activation) const {
    const CodeRange range = activation_range(activation, out);
    return quantized::Requantize{{in(0).zero_point, requantize_scale(in(0).scale, out.scale),
                                  out.zero_point, range.low, range.high, target.rounding},
                                 activation};
  }
};

}  // namespace

Operation lower_node(const Graph& graph, int id, const Tensor<float>* weight,
                     const Tensor<float>* bias, std::span<const Quantization> quantizations,
                     const Target& target) {
  const Node& node = graph.node(id);
  return std::visit(LoweredNode{graph, node, weight, bias, quantizations,
                                quantizations[static_cast<std::size_t>(id)], target},
                    node.layer);
}

}  // namespace integrad
