#include <doctest/doctest.h>

#include "integrad/nn/float_evaluator.h"
#include "integrad/nn/interpreter.h"
#include "integrad/nn/losses.h"
#include "integrad/nn/models/registry.h"
#include "integrad/tests/support/tensors.h"

using namespace integrad;

namespace {

struct Step {
  std::vector<Tensor<float>> results;  // output, gradients, parameters with running statistics
  int nodes;
};

Step step(const Graph& graph, const Tensor<float>& image, Fusion fusion) {
  Parameters<float> parameters = initialize<float>(graph, 3);
  Tape<float> tape;
  FloatEvaluator<float> evaluator(tape, graph, parameters, Mode::train, fusion);
  const auto values = interpret(tape, graph, tape.constant(image), evaluator);
  Step step{{tape.value(values.back())}, tape.size()};
  tape.backward(values.back(), normal_tensor<float>(tape.shape(values.back()), 8));
  for (std::size_t i = 0; i < parameters.all().size(); ++i) {
    if (parameters.all()[i].trainable)
      step.results.push_back(tape.gradient(evaluator.parameter_values()[i]));
    step.results.push_back(parameters.all()[i].value);
  }
  return step;
}

void check_same(const Graph& graph, const Tensor<float>& image) {
  const Step fused = step(graph, image, Fusion::on), separate = step(graph, image, Fusion::off);
  CHECK(fused.nodes < separate.nodes);
  REQUIRE(fused.results.size() == separate.results.size());
  for (std::size_t i = 0; i < fused.results.size(); ++i) {
    CAPTURE(i);
    CHECK(same_bits(fused.results[i], separate.results[i]));
  }
}

const WindowSpec kThree = WindowSpec::square(3, 1, Padding::same());

}  // namespace

TEST_CASE("a training step of Q-Segment has the same bits fused and not") {
  const Graph graph = make_model("qsegment", 40, 24);
  check_same(graph, normal_tensor<float>({2, 40, 24, 3}, 1));
}

TEST_CASE("chains are fused only where nobody else reads what lies between") {
  using Function = layer::Pointwise::Function;
  Graph g;
  const Value x = g.input({1, 12, 9, 3});
  const Value a = g.layer("a", layer::Conv2d{4, kThree}, {x});
  const Value a_norm = g.layer("a_norm", layer::BatchNorm{}, {a});  // read twice: no ReLU in it
  const Value a_relu = g.layer("a_relu", layer::Pointwise{Function::relu}, {a_norm});
  const Value b = g.layer("b", layer::DepthwiseConv2d{kThree}, {a_norm});  // read twice: not fused
  const Value b_norm = g.layer("b_norm", layer::BatchNorm{}, {b});
  const Value c = g.layer("c", layer::Conv2d{4, kThree}, {a_relu});
  const Value c_norm = g.layer("c_norm", layer::BatchNorm{}, {c});
  const Value c_six = g.layer("c_six", layer::Pointwise{Function::relu6}, {c_norm});
  const auto add = layer::Arithmetic{layer::Arithmetic::Function::add};
  const Value d = g.layer("d", add, {b, b_norm});
  const Value e = g.layer("e", add, {c_six, d});
  const Value f = g.layer("f", layer::Conv2d{2, kThree, 1, true, Activation::relu}, {e});
  const Value f_norm = g.layer("f_norm", layer::BatchNorm{}, {f});  // behind an activation
  const Value last = g.layer("last", layer::Conv2d{2, kThree}, {f_norm});
  g.layer("last_norm", layer::BatchNorm{}, {last});  // the output itself
  check_same(g, normal_tensor<float>({2, 12, 9, 3}, 2));
}

TEST_CASE("freeing values behind the last reader leaves a fused chain's shared value alone") {
  const Graph graph = make_model("qsegment", 16, 16);
  const Tensor<float> image = normal_tensor<float>({2, 16, 16, 3}, 1);
  const auto output = [&](Keep keep) {
    Parameters<float> parameters = initialize<float>(graph, 3);
    Tape<float> tape;
    FloatEvaluator<float> evaluator(tape, graph, parameters, Mode::train);
    return tape.value(interpret(tape, graph, tape.constant(image), evaluator, keep).back());
  };
  CHECK(same_bits(output(Keep::output), output(Keep::all)));
}
