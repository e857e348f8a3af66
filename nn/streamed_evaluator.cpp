#include "integrad/nn/streamed_evaluator.h"

namespace integrad {

StreamedEvaluator::StreamedEvaluator(Tape<float>& tape, const Graph& graph,
                                     Parameters<float>& parameters)
    : tape_(tape),
      whole_(tape, graph, parameters, Mode::evaluate),
      stages_(rows::make_stages(graph, parameters)),
      values_(graph.nodes().size()) {}

void StreamedEvaluator::run(const rows::Stage& stage) {
  auto results = stages_.run(stage, batch_, [&](int id) -> const Tensor<float>& {
    return tape_.value(values_[static_cast<std::size_t>(id)]);
  });
  for (int id = stage.first; id <= stage.last; ++id)
    values_[static_cast<std::size_t>(id)] = tape_.constant(Tensor<float>());
  for (auto& result : results)
    values_[static_cast<std::size_t>(result.id)] = tape_.constant(std::move(result.map));
}

}  // namespace integrad
