#include "integrad/tests/support/calibrated.h"

#include "integrad/nn/float_evaluator.h"
#include "integrad/nn/interpreter.h"
#include "integrad/quant/observer.h"

namespace integrad {

std::vector<Quantization> calibrated(const Model<float>& model, const Tensor<float>& images) {
  RangeObserver observer(model.graph, {});
  Tape<float> tape;
  Parameters<float> parameters = model.parameters;
  FloatEvaluator<float> evaluator(tape, model.graph, parameters, Mode::evaluate);
  const auto values = interpret(tape, model.graph, tape.constant(images), evaluator);
  for (int id = 0; id < model.graph.size(); ++id)
    observer.observe(id, tape.value(values[static_cast<std::size_t>(id)]));
  return observer.quantizations();
}

}  // namespace integrad
