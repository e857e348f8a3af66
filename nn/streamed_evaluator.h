#pragma once
#include "integrad/nn/float_evaluator.h"
#include "integrad/nn/row_operators.h"

namespace integrad {

/// Evaluates a model for inference, for interpret() with Keep::output: the bits of FloatEvaluator
/// in evaluation mode, in less time and memory. Only results that a later stage reads have a value.
class StreamedEvaluator {
 public:
  using Inputs = FloatEvaluator<float>::Inputs;

  /// Throws Error when the parameters are not the graph's.
  StreamedEvaluator(Tape<float>& tape, const Graph& graph, Parameters<float>& parameters);

  Var input(Var image) {
    batch_ = tape_.shape(image)[0];
    return values_.front() = image;
  }
  template <class L>
  Var operator()(int id, const L& layer, Inputs in) {
    const auto i = static_cast<std::size_t>(id);
    if (!stages_.node(id).made) return values_[i] = whole_(id, layer, in);
    for (const rows::Stage& stage : stages_.all())
      if (stage.first == id) run(stage);
    return values_[i];
  }

 private:
  void run(const rows::Stage& stage);

  Tape<float>& tape_;
  Index batch_ = 0;
  FloatEvaluator<float> whole_;  // for layers that are not made by rows
  rows::Stages<float> stages_;
  std::vector<Var> values_;  // by node
};

}  // namespace integrad
