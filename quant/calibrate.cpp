#include "integrad/quant/calibrate.h"

#include "integrad/nn/float_evaluator.h"
#include "integrad/nn/interpreter.h"

namespace integrad {

void observe_images(RangeObserver& observer, const Model<float>& folded,
                    const Tensor<float>& images) {
  Tape<float> tape;
  Parameters<float> parameters = folded.parameters;  // the evaluator could change them in training
  FloatEvaluator<float> evaluator(tape, folded.graph, parameters, Mode::evaluate);
  const std::vector<Var> values = interpret(tape, folded.graph, tape.constant(images), evaluator);
  for (int id = 0; id < folded.graph.size(); ++id)
    observer.observe(id, tape.value(values[static_cast<std::size_t>(id)]));
}

std::vector<Quantization> quantizations_on(const Model<float>& folded,
                                           const Tensor<float>& images) {
  RangeObserver observer(folded.graph, {});
  observe_images(observer, folded, images);
  return observer.quantizations();
}

}  // namespace integrad
