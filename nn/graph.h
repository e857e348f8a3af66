#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "integrad/nn/layers.h"

namespace integrad {

/// A layer's result inside a Graph.
struct Value {
  int id = -1;
};

struct Node {
  std::string name;  ///< unique
  Layer layer;
  std::vector<int> inputs;  ///< ids of earlier nodes
  Shape shape;              ///< of the result for one image
  std::string owner;  ///< the node whose parameters this one uses: its own, or an earlier one's

  /// A parameter's full name: <owner>/weight ...
  std::string parameter(std::string_view within_layer) const {
    return owner + "/" + std::string(within_layer);
  }
  bool shares() const { return owner != name; }
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
  /// The same with the parameters of an earlier layer, which must be the same in number and shape.
  Value layer_sharing(const std::string& owner, std::string name, Layer layer,
                      const std::vector<Value>& inputs);
  /// Undoes `pool`, a MaxPool node: values go where its maxima came from, zeros elsewhere.
  Value max_unpool(std::string name, Value values, Value pool);

  /// Says that the loss looks at this value too, in ascending order; the last node is always one.
  /// Low resolutions come first.
  void mark_level(Value value);
  /// The nodes that the loss looks at, the output last.
  std::vector<int> levels() const;

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
  std::vector<int> levels_;  // without the output
};

/// Multiply-accumulates of one image, border taps included.
Index macs(const Graph& graph);

}  // namespace integrad
