#include "integrad/nn/fold.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace integrad {

namespace {

bool is_linear(const Layer& layer) {
  return std::holds_alternative<layer::Conv2d>(layer) ||
         std::holds_alternative<layer::DepthwiseConv2d>(layer) ||
         std::holds_alternative<layer::TransposedConv2d>(layer) ||
         std::holds_alternative<layer::FullyConnected>(layer);
}

void set_bias(Layer& layer) {
  std::visit(
      [](auto& l) {
        if constexpr (requires { l.bias; }) l.bias = true;
      },
      layer);
}

std::optional<Activation> clamp_of(const Layer& layer) {
  using Function = layer::Pointwise::Function;
  if (const auto* l = std::get_if<layer::Pointwise>(&layer)) {
    if (l->function == Function::relu) return Activation::relu;
    if (l->function == Function::relu6) return Activation::relu6;
  }
  return std::nullopt;
}

template <class T>
void scale_by_norm(const layer::BatchNorm& norm, const std::string& norm_name,
                   const Parameters<T>& source, const std::string& linear_name, bool depthwise,
                   Parameters<T>& folded) {
  Tensor<T>& weight = folded.at(linear_name + "/weight");
  Tensor<T>& bias = folded.at(linear_name + "/bias");
  const auto value = [&](const char* name, Index c) {
    return static_cast<double>(source.at(norm_name + "/" + name)[c]);
  };
  const Index channels = bias.size(), per_channel = weight.size() / channels;
  for (Index c = 0; c < channels; ++c) {
    const double factor =
        value("gamma", c) / std::sqrt(value("running_variance", c) + norm.epsilon);
    bias[c] = static_cast<T>((static_cast<double>(bias[c]) - value("running_mean", c)) * factor +
                             value("beta", c));
    for (Index i = 0; i < per_channel; ++i) {
      T& w = weight[depthwise ? i * channels + c : c * per_channel + i];  // 1HWC or OHWI
      w = static_cast<T>(static_cast<double>(w) * factor);
    }
  }
}

}  // namespace

template <class T>
Model<T> fold(const Graph& graph, const Parameters<T>& parameters) {
  check_parameters(graph, parameters);
  const auto readers = graph.readers();
  std::set<std::string> shared;  // layers whose parameters several nodes use stay as they are
  for (const Node& node : graph.nodes())
    if (node.shares()) shared.insert(node.owner);
  const std::vector<int> levels = graph.levels();
  Model<T> result;
  std::vector<Node> pending;                    // the new graph's nodes, inputs by old ids
  std::vector<int> home(graph.nodes().size());  // old id -> index in pending

  for (int id = 0; id < graph.size(); ++id) {
    const Node& node = graph.node(id);
    const int from = node.inputs.empty() ? -1 : node.inputs[0];
    if (from >= 0 && readers[static_cast<std::size_t>(from)].size() == 1) {
      const int target_index = home[static_cast<std::size_t>(from)];
      Node& target = pending[static_cast<std::size_t>(target_index)];
      Activation* activation = activation_of(target.layer);
      // The last node is the model's output, so the layer it folds into must stay the last.
      const bool stays_last =
          id + 1 < graph.size() || target_index + 1 == static_cast<int>(pending.size());
      const bool open = activation != nullptr && *activation == Activation::none && stays_last &&
                        !std::ranges::binary_search(levels, from);
      const auto* norm = std::get_if<layer::BatchNorm>(&node.layer);
      const auto clamp = clamp_of(node.layer);
      if (open && norm != nullptr && is_linear(target.layer) && !shared.contains(target.owner)) {
        const std::string bias = target.name + "/bias";
        if (!result.parameters.contains(bias)) {
          set_bias(target.layer);
          result.parameters.add({bias, Tensor<T>(Shape{node.shape.channels()}), true});
        }
        scale_by_norm(*norm, node.name, parameters, target.name,
                      std::holds_alternative<layer::DepthwiseConv2d>(target.layer),
                      result.parameters);
        home[static_cast<std::size_t>(id)] = target_index;
        continue;
      }
      if (open && clamp.has_value()) {
        *activation = *clamp;
        home[static_cast<std::size_t>(id)] = target_index;
        continue;
      }
    }
    home[static_cast<std::size_t>(id)] = static_cast<int>(pending.size());
    pending.push_back(node);
    if (node.shares()) continue;
    for (const ParameterSpec& spec : parameters_of(node.layer, graph.input_shapes(node))) {
      const std::string name = node.parameter(spec.name);
      result.parameters.add({name, parameters.at(name), spec.trainable});
    }
  }

  for (const Node& node : pending) {
    std::vector<Value> inputs;
    for (int id : node.inputs) inputs.push_back({home[static_cast<std::size_t>(id)]});
    if (node.shares())
      result.graph.layer_sharing(node.owner, node.name, node.layer, inputs);
    else
      result.graph.layer(node.name, node.layer, inputs);
  }
  for (const int level : levels)
    if (level + 1 < graph.size()) result.graph.mark_level({home[static_cast<std::size_t>(level)]});
  check_parameters(result.graph, result.parameters);
  return result;
}

template Model<float> fold(const Graph&, const Parameters<float>&);
template Model<double> fold(const Graph&, const Parameters<double>&);

}  // namespace integrad
