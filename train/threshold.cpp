#include "integrad/train/threshold.h"

#include <algorithm>
#include <cmath>

#include "integrad/tensor/error.h"
#include "integrad/train/evaluate.h"
#include "integrad/train/loader.h"
#include "integrad/train/progress.h"

namespace integrad {

std::vector<ShiftScore> score_shifts(const Checkpoint& model, std::span<const Sample> samples,
                                     std::span<const double> shifts) {
  std::vector<ShiftScore> scores;
  for (const double shift : shifts) scores.push_back({shift, {}});
  Progress progress("predicting", static_cast<Index>(samples.size()));
  for (const Sample& sample : samples) {
    const Tensor<float> logits = predict(model, whole_sample(sample).image, Arithmetic::floating);
    const std::span<const float> values = logits.values();
    for (ShiftScore& score : scores)
      score.counts += confusion(values, static_cast<float>(-score.shift), sample.mask.values());
    progress.advance();
  }
  return scores;
}

const ShiftScore& best_shift(std::span<const ShiftScore> scores) {
  require(!scores.empty(), "the best of no shifts is sought");
  return *std::ranges::min_element(scores, {}, [](const ShiftScore& score) {
    return std::pair(-score.counts.dice(), std::abs(score.shift));
  });
}

Checkpoint shifted(Checkpoint model, double shift) {
  require(std::isfinite(shift), "a shift is finite; got ", shift);
  require(model.stage == Checkpoint::Stage::floating,
          "logits are shifted in the float model; quantise it afterwards");
  const Graph graph = model.graph();
  const Node& last = graph.nodes().back();
  const std::string bias = last.parameter("bias");
  const auto users = std::ranges::count(graph.nodes(), last.owner, &Node::owner);
  require(users == 1 && model.parameters.contains(bias), "model ", model.model, " ends in '",
          last.name, "', which has no bias of its own to shift");
  for (float& value : model.parameters.at(bias))
    value = static_cast<float>(static_cast<double>(value) + shift);
  return model;
}

}  // namespace integrad
