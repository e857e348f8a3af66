#include "integrad/quant/lower.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "integrad/quant/multiplier.h"
#include "integrad/tensor/error.h"

namespace integrad {

CodeRange activation_range(Activation activation, const Quantization& out) {
  const auto code_of = [&](float real) {
    const double steps = std::round(static_cast<double>(real / out.scale));
    return out.zero_point + static_cast<std::int32_t>(std::min(steps, 256.0));
  };
  switch (activation) {
    case Activation::none:
      return {-128, 127};
    case Activation::relu:
      return {std::max(-128, out.zero_point), 127};
    case Activation::relu6:
      return {std::max(-128, out.zero_point), std::min(127, code_of(6.0f))};
  }
  return {-128, 127};
}

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
    return quantized::Conv2d{{dims(g.input()), dims(g.output()), g.window.y, g.window.x, g.groups,
                              in(0).zero_point, stage(l.activation)},
                             lower_linear(*weight, bias, ChannelAxis::first, in(0), out)};
  }

  Operation operator()(const layer::DepthwiseConv2d& l) const {
    const ConvGeometry g = depthwise_geometry(in_shape(0), weight->shape(), l.window);
    return quantized::DepthwiseConv2d{{dims(g.input()), dims(g.output()), g.window.y, g.window.x,
                                       in(0).zero_point, stage(l.activation)},
                                      lower_linear(*weight, bias, ChannelAxis::last, in(0), out)};
  }

  Operation operator()(const layer::Arithmetic& l) const {
    require(in_shape(0) == in_shape(1), "the integer kernels take operands of one shape; got ",
            in_shape(0), " and ", in_shape(1));
    const CodeRange range = activation_range(l.activation, out);
    if (l.function == layer::Arithmetic::Function::add) {
      const AddScales s = add_scales(in(0).scale, in(1).scale, out.scale);
      return quantized::Add{{in(0).zero_point, in(1).zero_point, s.input1, s.input2, s.output,
                             kAddLeftShift, out.zero_point, range.low, range.high,
                             target.rounding}};
    }
    if (l.function == layer::Arithmetic::Function::mul)
      return quantized::Multiply{{in(0).zero_point, in(1).zero_point,
                                  multiply_scale(in(0).scale, in(1).scale, out.scale),
                                  out.zero_point, range.low, range.high, target.rounding}};
    return unsupported();
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

  Operation operator()(const layer::BatchNorm&) const {
    fail("batch norm has no integer kernel: fold the model first");
  }
  Operation operator()(const layer::Pointwise&) const { return unsupported(); }
  Operation operator()(const layer::TransposedConv2d&) const { return unsupported(); }
  Operation operator()(const layer::FullyConnected&) const { return unsupported(); }
  Operation operator()(const layer::Resize&) const { return unsupported(); }
  Operation operator()(const layer::Concat&) const { return unsupported(); }
  Operation operator()(const layer::Pad&) const { return unsupported(); }
  Operation operator()(const layer::Slice&) const { return unsupported(); }
  Operation operator()(const layer::Reshape&) const { return unsupported(); }
  Operation operator()(const layer::Softmax&) const { return unsupported(); }
  Operation operator()(const layer::GlobalMean&) const { return unsupported(); }

  [[noreturn]] Operation unsupported() const {
    fail("the target ", target.name, " has no integer kernel for ", name_of(node.layer));
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

QGraph lower(const Graph& graph, const Parameters<float>& parameters,
             std::span<const Quantization> quantizations, const Target& target) {
  check_parameters(graph, parameters);
  check_quantizations(graph, quantizations);
  const auto find = [&](const Node& node, const char* name) -> const Tensor<float>* {
    const std::string full = node.name + "/" + name;
    return parameters.contains(full) ? &parameters.at(full) : nullptr;
  };
  QGraph program{target, {}};
  for (int id = 0; id < graph.size(); ++id) {
    const Node& node = graph.node(id);
    try {
      require(node.shape.elements() <= std::numeric_limits<std::int32_t>::max(),
              "the integer kernels count with 32 bits; ", node.shape, " has more elements");
      program.nodes.push_back(
          {node.name,
           lower_node(graph, id, find(node, "weight"), find(node, "bias"), quantizations, target),
           node.inputs, node.shape, quantizations[static_cast<std::size_t>(id)]});
    } catch (const Error& error) {
      fail("layer '", node.name, "': ", error.what());
    }
  }
  return program;
}

}  // namespace integrad
