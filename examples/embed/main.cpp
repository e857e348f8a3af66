// A two-layer net, one step down the gradient of its loss.
#include <cstdio>
#include <vector>

#include <integrad/nn/float_evaluator.h>
#include <integrad/nn/interpreter.h>
#include <integrad/nn/losses.h>
#include <integrad/train/optimizer.h>

using namespace integrad;

int main() {
  Graph graph;
  Value x = graph.input({1, 8, 8, 1});
  const WindowSpec window = WindowSpec::square(3, 1, Padding::same());
  x = graph.layer("first", layer::Conv2d{4, window, 1, true, Activation::relu}, {x});
  graph.layer("second", layer::Conv2d{1, window}, {x});
  Parameters<float> parameters = initialize<float>(graph, 1);
  Optimizer optimizer(Sgd{});

  float losses[2] = {};
  for (float& value : losses) {
    Tape<float> tape;
    FloatEvaluator<float> evaluator(tape, graph, parameters, Mode::train);
    const Var image = tape.constant(Tensor<float>({1, 8, 8, 1}, 0.5f));
    const Var logits = interpret(tape, graph, image, evaluator).back();
    const Var loss = binary_cross_entropy(tape, logits, Tensor<float>({1, 8, 8, 1}, 1.0f));
    value = tape.value(loss)[0];
    tape.backward(loss);

    std::vector<Tensor<float>> gradients;
    for (Var parameter : evaluator.parameter_values())
      gradients.push_back(tape.gradient(parameter));
    std::vector<OptimizedTensor> tensors;
    for (std::size_t i = 0; i < gradients.size(); ++i)
      tensors.push_back({parameters.all()[i].name, &parameters.all()[i].value, &gradients[i]});
    optimizer.step(tensors, 0.1);
  }
  std::printf("loss %.6f, after one step %.6f\n", losses[0], losses[1]);
  return losses[1] < losses[0] ? 0 : 1;
}
