#include "integrad/quant/quantization.h"

#include <algorithm>
#include <cmath>
#include <ostream>

#include "integrad/tensor/error.h"

namespace integrad {

std::ostream& operator<<(std::ostream& out, const Quantization& q) {
  return out << "scale " << q.scale << ", zero point " << q.zero_point;
}

Quantization quantization_of(const Range& range) {
  require(std::isfinite(range.low) && std::isfinite(range.high) && range.low <= range.high,
          "a range has finite bounds, low <= high; got ", range.low, " to ", range.high);
  const double low = std::min(0.0, static_cast<double>(range.low));
  const double high = std::max(0.0, static_cast<double>(range.high));
  Quantization q;
  q.scale = std::max(static_cast<float>((high - low) / 255.0), 0x1p-20f);
  const double zero = std::round(-128.0 - low / static_cast<double>(q.scale));
  q.zero_point = static_cast<std::int32_t>(std::clamp(zero, -128.0, 127.0));
  return q;
}

const Quantization* fixed_quantization(const Layer& layer) {
  const auto* pointwise = std::get_if<layer::Pointwise>(&layer);
  const bool shares =
      std::holds_alternative<layer::Softmax>(layer) ||
      (pointwise != nullptr && pointwise->function == layer::Pointwise::Function::sigmoid);
  return shares ? &kShareQuantization : nullptr;
}

bool copies_codes(const Layer& layer) {
  return std::visit(
      [](const auto& l) {
        return requires {
          l.kCopiesCodes;
        };
      },
      layer);
}

std::vector<int> quantizer_classes(const Graph& graph) {
  std::vector<int> parent(graph.nodes().size());
  const auto root = [&](int id) {
    while (parent[static_cast<std::size_t>(id)] != id) id = parent[static_cast<std::size_t>(id)];
    return id;
  };
  for (int id = 0; id < graph.size(); ++id) {
    parent[static_cast<std::size_t>(id)] = id;
    const Node& node = graph.node(id);
    if (!copies_codes(node.layer)) continue;
    // Unpool's second input lends its winners, not its codes.
    const std::size_t tied =
        std::holds_alternative<layer::Concat>(node.layer) ? node.inputs.size() : 1;
    for (std::size_t i = 0; i < tied; ++i) {
      const int a = root(id), b = root(node.inputs[i]);
      parent[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
    }
  }
  std::vector<int> classes;
  classes.reserve(parent.size());
  for (int id = 0; id < graph.size(); ++id) classes.push_back(root(id));
  return classes;
}

std::vector<const Quantization*> prescribed_quantizations(const Graph& graph) {
  const std::vector<int> classes = quantizer_classes(graph);
  std::vector<int> by(classes.size(), -1);  // by class: a layer that prescribes
  for (int id = 0; id < graph.size(); ++id)
    if (fixed_quantization(graph.node(id).layer) != nullptr)
      by[static_cast<std::size_t>(classes[static_cast<std::size_t>(id)])] = id;
  std::vector<const Quantization*> prescribed;
  for (int id = 0; id < graph.size(); ++id) {
    const Node& node = graph.node(id);
    const int source = by[static_cast<std::size_t>(classes[static_cast<std::size_t>(id)])];
    prescribed.push_back(source < 0 ? nullptr : fixed_quantization(graph.node(source).layer));
    require(source < 0 || copies_codes(node.layer) || fixed_quantization(node.layer) != nullptr,
            "layer '", node.name, "' would have to share the fixed quantisation of layer '",
            source < 0 ? node.name : graph.node(source).name,
            "', 0 to 1; a ReLU between that one and the concat gives it one of its own");
  }
  return prescribed;
}

void check_quantizations(const Graph& graph, std::span<const Quantization> quantizations) {
  require(quantizations.size() == graph.nodes().size(), "a model of ", graph.size(),
          " layers needs as many quantisations; got ", quantizations.size());
  const std::vector<int> classes = quantizer_classes(graph);
  const std::vector<const Quantization*> prescribed = prescribed_quantizations(graph);
  for (int id = 0; id < graph.size(); ++id) {
    const Quantization& q = quantizations[static_cast<std::size_t>(id)];
    const std::string& name = graph.node(id).name;
    require(std::isnormal(q.scale) && q.scale > 0, "layer '", name,
            "': a scale is a normal number above 0; got ", q.scale);
    require(q.zero_point >= -128 && q.zero_point <= 127, "layer '", name,
            "': a zero point lies in -128..127; got ", q.zero_point);
    const Quantization* fixed = prescribed[static_cast<std::size_t>(id)];
    require(fixed == nullptr || q == *fixed, "layer '", name, "': the kernel's quantisation is ",
            fixed == nullptr ? q : *fixed, "; got ", q);
    const int shared = classes[static_cast<std::size_t>(id)];
    require(q == quantizations[static_cast<std::size_t>(shared)], "layer '", name,
            "' copies codes and needs the quantisation of layer '", graph.node(shared).name,
            "'; got ", q, " and ", quantizations[static_cast<std::size_t>(shared)]);
  }
}

}  // namespace integrad
