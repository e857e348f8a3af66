#include "integrad/bench/folded_step.h"

#include <chrono>

#include "integrad/nn/float_evaluator.h"
#include "integrad/nn/interpreter.h"
#include "integrad/nn/losses.h"

namespace integrad::bench {

void FoldedStep::step(const Batch& batch, Optimizer& optimizer, double rate) {
  using Clock = std::chrono::steady_clock;
  const auto seconds = [](Clock::time_point from) {
    return std::chrono::duration<double>(Clock::now() - from).count();
  };
  const Clock::time_point start = Clock::now();
  Tape<float> tape;
  if (profile_ != nullptr) {
    *profile_ = {};
    tape.profile_into(&profile_->tape);
  }
  const Var image = tape.constant(batch.image);
  FloatEvaluator<float> evaluator(tape, model_.graph, model_.parameters, Mode::train);
  const std::vector<Var> values = interpret(tape, model_.graph, image, evaluator);
  StructureLossOptions options;
  options.window =
      default_structure_window(std::min(batch.mask.shape().height(), batch.mask.shape().width()));
  const Var loss = structure_loss(tape, values.back(), batch.mask, options);
  tape.backward(loss);
  const Clock::time_point differentiated = Clock::now();

  std::vector<Parameter<float>>& parameters = model_.parameters.all();
  std::vector<Tensor<float>> gradients;
  for (Var parameter : evaluator.parameter_values()) gradients.push_back(tape.gradient(parameter));
  std::vector<OptimizedTensor> updates;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    updates.push_back({parameters[i].name, &parameters[i].value, &gradients[i]});
  optimizer.step(updates, rate);
  if (profile_ == nullptr) return;
  profile_->parts.push_back({"parameters", evaluator.parameter_values().back().id + 1});
  for (int id = 0; id < model_.graph.size(); ++id)
    profile_->parts.push_back(
        {model_.graph.node(id).name, values[static_cast<std::size_t>(id)].id + 1});
  profile_->parts.push_back({"loss", loss.id + 1});
  profile_->optimizer = seconds(differentiated);
  profile_->total = seconds(start);
}

}  // namespace integrad::bench
