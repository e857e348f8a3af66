#pragma once
#include "integrad/nn/float_evaluator.h"

/// Storage in bfloat16, the plain way: whole maps of floats, layer by layer, rounded where the
/// fused operators store them.
namespace integrad::testing {

/// The same map of floats, rounded if wanted; gradients pass as they are.
inline Var plain(Tape<float>& tape, Var x, bool rounded = false) {
  Tensor<float> value = tape.value(x);
  if (rounded)
    for (float& v : value.values()) v = to_float(to_bfloat16(v));
  return tape.record("plain", std::move(value), {x},
                     [x](Tape<float>& t, const Tensor<float>& d) { t.accumulate(x, d); });
}

/// The same map, its gradient rounded whenever somebody adds to it.
inline Var with_rounded_gradient(Tape<float>& tape, Var x) {
  return tape.record_deferred(
      "rounded", tape.shape(x), tape.lines(x), {x},
      [x](Tape<float>& t, const StoredTensor<float>& d) { t.accumulate(x, kernels::expanded(d)); });
}

/// For interpret() on a tape of Storage::bfloat16, of graphs whose convolutions and batch norms
/// stand in chains.
class RoundingEvaluator : public FloatEvaluator<float> {
 public:
  RoundingEvaluator(Tape<float>& tape, const Graph& graph, Parameters<float>& parameters)
      : FloatEvaluator(tape, graph, parameters, Mode::train, Fusion::off),
        readers_(graph.readers()) {}

  template <class L>
  Var operator()(int id, const L& layer, Inputs in) {
    std::vector<Var> inputs;
    for (Var x : in) inputs.push_back(plain(tape_, x));
    const Var y = FloatEvaluator::operator()(id, layer, inputs);
    if constexpr (std::is_same_v<L, layer::Conv2d> || std::is_same_v<L, layer::DepthwiseConv2d>) {
      return next_is<layer::BatchNorm>(id) ? plain(tape_, y, true) : y;
    } else if constexpr (std::is_same_v<L, layer::BatchNorm>) {
      return next_is<layer::Pointwise>(id) ? y : with_rounded_gradient(tape_, y);
    } else if constexpr (std::is_same_v<L, layer::MaxPool>) {
      return with_rounded_gradient(tape_, plain(tape_, y));
    } else {
      return with_rounded_gradient(tape_, y);
    }
  }

 private:
  template <class L>
  bool next_is(int id) const {
    const auto& readers = readers_[static_cast<std::size_t>(id)];
    return readers.size() == 1 && std::holds_alternative<L>(graph_.node(readers[0]).layer);
  }
  std::vector<std::vector<int>> readers_;
};

}  // namespace integrad::testing
