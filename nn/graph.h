#pragma once
#include <string>
#include <vector>

#include "integrad/nn/layers.h"

namespace integrad {

/// A layer's result inside a Graph.
struct Value {
  int id = -1;
};

struct Node {
  std::string name;  ///< unique; parameters are called <name>/weight ...
  Layer layer;
  std::vector<int> inputs;  ///< ids of earlier nodes
  Shape shape;              ///< of the result for one image
};

/// A model as plain data: nodes in topological order, the last one is the output. The text is
/// written once and interpreted to train, lowered to integers to run, printed to emit.
///
///     Graph g;
///     Value x = g.input({1, 64, 64, 3});
///     x = g.layer("stem", layer::Conv2d{16, WindowSpec::square(3, 1, Padding::same())}, {x});
class Graph {
 public:
  /// The one input, [1,height,width,channels]; must come first.
  Value input(Shape shape);
  /// Appends a layer. Throws Error naming the layer, the rule and the shapes when it does not fit,
  /// and when the name is taken, or is not printable ASCII free of quotes, backslash, "/*" and
  /// "*/".
  Value layer(std::string name, Layer layer, const std::vector<Value>& inputs);
  /// Undoes `pool`, a MaxPool node: values go where its maxima came from, zeros elsewhere.
  Value max_unpool(std::string name, Value values, Value pool);

  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& node(int id) const { return nodes_[static_cast<std::size_t>(id)]; }
  int size() const { return static_cast<int>(nodes_.size()); }
  const Shape& shape(Value value) const { return node(value.id).shape; }
  const Shape& input_shape() const { return nodes_.front().shape; }
  const Shape& output_shape() const { return nodes_.back().shape; }

  std::vector<Shape> input_shapes(const Node& node) const;
  /// For each node, the ids of the nodes that read it.
  std::vector<std::vector<int>> readers() const;

 private:
  std::vector<Node> nodes_;
};

/// Multiply-accumulates of one image, border taps included.
Index macs(const Graph& graph);

}  // namespace integrad
