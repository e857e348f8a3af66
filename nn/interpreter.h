#pragma once
#include <vector>

#include "integrad/autograd/tape.h"
#include "integrad/nn/graph.h"

namespace integrad {

/// Which nodes' values remain on the tape.
enum class Keep {
  all,     ///< training, and comparisons layer by layer
  output,  ///< inference: a value is freed after its last reader
};

/// The one interpreter: runs a graph on a tape. `image` is a batch [n,...] of the graph's input
/// shape. `evaluate(id, layer, inputs)` computes each layer: FloatEvaluator (float_evaluator.h) or
/// FakeQuantEvaluator (quant/fake_quant.h). Returns each node's value. Throws Error naming the
/// layer.
template <class T, class Evaluator>
std::vector<Var> interpret(Tape<T>& tape, const Graph& graph, Var image, Evaluator& evaluate,
                           Keep keep = Keep::all) {
  const Shape expected = graph.input_shape().with(0, tape.shape(image)[0]);
  require(tape.shape(image) == expected, "the model needs images of shape ", expected, "; got ",
          tape.shape(image));
  const auto readers = graph.readers();
  std::vector<Var> values;
  values.reserve(graph.nodes().size());
  for (int id = 0; id < graph.size(); ++id) {
    const Node& node = graph.node(id);
    std::vector<Var> inputs;
    for (int input : node.inputs) inputs.push_back(values[static_cast<std::size_t>(input)]);
    try {
      values.push_back(std::visit(
          [&](const auto& layer) -> Var {
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(layer)>, layer::Input>)
              return evaluate.input(image);
            else
              return evaluate(id, layer, std::span<const Var>(inputs));
          },
          node.layer));
    } catch (const Error& error) {
      fail("layer '", node.name, "': ", error.what());
    }
    if (keep == Keep::output)
      for (int input : node.inputs)
        // A node evaluated together with its input has its value.
        if (readers[static_cast<std::size_t>(input)].back() == id &&
            values[static_cast<std::size_t>(input)] != values.back())
          tape.release(values[static_cast<std::size_t>(input)]);
  }
  return values;
}

}  // namespace integrad
