#include "integrad/nn/graph.h"

#include <algorithm>

#include "integrad/tensor/error.h"

namespace integrad {

Value Graph::input(Shape shape) {
  require(nodes_.empty(), "a graph has one input, and it comes first");
  return layer("input", layer::Input{shape}, {});
}

namespace {

// Names go into emitted C (comments, strings), file names and reports as they are.
bool is_printable_name(const std::string& name) {
  return !name.empty() && name.find("*/") == std::string::npos &&
         name.find("/*") == std::string::npos && std::ranges::all_of(name, [](char c) {
           return c >= ' ' && c <= '~' && c != '"' && c != '\'' && c != '\\';
         });
}

}  // namespace

Value Graph::layer(std::string name, Layer layer, const std::vector<Value>& inputs) {
  require(is_printable_name(name), "layer ", size(),
          ": a name is printable ASCII without quotes, backslash and the marks of a comment");
  require(std::ranges::none_of(nodes_, [&](const Node& node) { return node.name == name; }),
          "layer '", name, "': a layer needs a name of its own");
  Node node{name, std::move(layer), {}, {}, name};
  for (Value value : inputs) {
    require(value.id >= 0 && value.id < size(), "layer '", node.name, "': input ", value.id,
            " is not a value of this graph");
    node.inputs.push_back(value.id);
  }
  if (const auto* unpool = std::get_if<layer::MaxUnpool>(&node.layer)) {
    const auto* pool = node.inputs.size() == 2
                           ? std::get_if<layer::MaxPool>(&this->node(node.inputs[1]).layer)
                           : nullptr;
    require(pool != nullptr && pool->window == unpool->window, "layer '", node.name,
            "': unpooling needs two inputs, the second a max pool of the same window");
  }
  try {
    node.shape = output_of(node.layer, input_shapes(node));
  } catch (const Error& error) {
    fail("layer '", node.name, "': ", error.what());
  }
  nodes_.push_back(std::move(node));
  return {size() - 1};
}

Value Graph::layer_sharing(const std::string& owner, std::string name, Layer layer,
                           const std::vector<Value>& inputs) {
  const auto found = std::ranges::find(nodes_, owner, &Node::name);
  require(found != nodes_.end() && !found->shares(), "layer '", name, "': there is no layer '",
          owner, "' with parameters to share");
  const std::vector<ParameterSpec> shared = parameters_of(found->layer, input_shapes(*found));
  const Value value = this->layer(std::move(name), std::move(layer), inputs);
  Node& node = nodes_.back();
  const auto same = [](const ParameterSpec& a, const ParameterSpec& b) {
    return a.name == b.name && a.shape == b.shape;
  };
  require(std::ranges::equal(parameters_of(node.layer, input_shapes(node)), shared, same),
          "layer '", node.name, "': its parameters are not those of '", owner,
          "', which it is to share");
  node.owner = owner;
  return value;
}

void Graph::mark_level(Value value) {
  require(value.id >= 0 && value.id < size() && (levels_.empty() || levels_.back() < value.id),
          "level ", value.id, " is no value of this graph, or comes before another");
  levels_.push_back(value.id);
}

std::vector<int> Graph::levels() const {
  std::vector<int> all = levels_;
  if (all.empty() || all.back() != size() - 1) all.push_back(size() - 1);
  return all;
}

Value Graph::max_unpool(std::string name, Value values, Value pool) {
  require(pool.id >= 0 && pool.id < size(), "layer '", name,
          "': the pool is not a value of this graph");
  const Node& mirrored = node(pool.id);
  const auto* layer = std::get_if<layer::MaxPool>(&mirrored.layer);
  require(layer != nullptr, "layer '", name, "': unpooling mirrors a max pool; '", mirrored.name,
          "' is of kind ", name_of(mirrored.layer));
  const Shape& full = node(mirrored.inputs[0]).shape;
  return this->layer(std::move(name), layer::MaxUnpool{layer->window, full.height(), full.width()},
                     {values, pool});
}

std::vector<Shape> Graph::input_shapes(const Node& node) const {
  std::vector<Shape> shapes;
  for (int id : node.inputs) shapes.push_back(this->node(id).shape);
  return shapes;
}

std::vector<std::vector<int>> Graph::readers() const {
  std::vector<std::vector<int>> readers(nodes_.size());
  for (int id = 0; id < size(); ++id)
    for (int input : node(id).inputs) readers[static_cast<std::size_t>(input)].push_back(id);
  return readers;
}

Index macs(const Graph& graph) {
  Index total = 0;
  for (const Node& node : graph.nodes()) total += macs_of(node.layer, graph.input_shapes(node));
  return total;
}

}  // namespace integrad
