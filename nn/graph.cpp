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
  Node node{std::move(name), std::move(layer), {}, {}};
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
