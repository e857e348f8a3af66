#include "integrad/quant/lower.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "integrad/autograd/ops/dense_filter.h"
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

QGraph lower(const Graph& graph, const Parameters<float>& parameters,
             std::span<const Quantization> quantizations, const Target& target) {
  check_parameters(graph, parameters);
  check_quantizations(graph, quantizations);
  const auto find = [&](const Node& node, const char* name) -> const Tensor<float>* {
    const std::string full = node.parameter(name);
    return parameters.contains(full) ? &parameters.at(full) : nullptr;
  };
  QGraph program{target, {}};
  for (int id = 0; id < graph.size(); ++id) {
    const Node& node = graph.node(id);
    try {
      require(node.shape.elements() <= std::numeric_limits<std::int32_t>::max(),
              "the integer kernels count with 32 bits; ", node.shape, " has more elements");
      const Tensor<float>* weight = find(node, "weight");
      Tensor<float> dense;
      const auto* transposed = std::get_if<layer::TransposedConv2d>(&node.layer);
      if (transposed != nullptr && transposed->groups > 1) {
        dense = dense_filter(*weight, transposed->groups);
        weight = &dense;
      }
      program.nodes.push_back(
          {node.name, lower_node(graph, id, weight, find(node, "bias"), quantizations, target),
           node.inputs, node.shape, quantizations[static_cast<std::size_t>(id)]});
    } catch (const Error& error) {
      fail("layer '", node.name, "': ", error.what());
    }
  }
  return program;
}

}  // namespace integrad
