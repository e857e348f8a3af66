#pragma once
#include <map>
#include <vector>

#include "integrad/nn/float_evaluator.h"
#include "integrad/nn/row_operators.h"

namespace integrad {

/// Consecutive nodes that inference computes together, row by row: what only they read is never
/// stored as a whole map.
struct RowStage {
  int first, last;
};
/// Runs of nodes with an operator, by node. A stage ends with a layer whose rows are further apart
/// than its input's (a pool) and begins with an unpool: neighbours beyond those would make many
/// rows twice where two threads meet.
std::vector<RowStage> find_row_stages(const Graph& graph,
                                      const std::vector<std::optional<rows::Operator>>& operators);

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
    if (!operators_[i]) return values_[i] = whole_(id, layer, in);
    for (const RowStage& stage : stages_)
      if (stage.first == id) run(stage);
    return values_[i];
  }

 private:
  class StageRows;
  void run(const RowStage& stage);

  Tape<float>& tape_;
  const Graph& graph_;
  Index batch_ = 0;
  FloatEvaluator<float> whole_;  // for layers that are not made by rows
  std::vector<std::vector<int>> readers_;
  std::vector<std::optional<rows::Operator>> operators_;
  std::vector<RowStage> stages_;
  std::vector<Var> values_;                      // by node
  std::map<int, Tensor<std::uint8_t>> winners_;  // by max pool
};

}  // namespace integrad
