#include <doctest/doctest.h>

#include "integrad/nn/float_evaluator.h"
#include "integrad/nn/interpreter.h"
#include "integrad/nn/losses.h"
#include "integrad/nn/models/registry.h"
#include "integrad/tests/support/kernel_cases.h"
#include "integrad/tests/support/rounding.h"
#include "integrad/tests/support/tensors.h"

using namespace integrad;
using namespace integrad::testing;

namespace {

struct Step {
  std::vector<Tensor<float>> results;  // output, gradients, parameters with running statistics
  int nodes;
};

template <class Evaluator>
Step step(Tape<float>& tape, const Graph& graph, const Tensor<float>& image,
          Parameters<float>& parameters, Evaluator& evaluator) {
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

Step step(const Graph& graph, const Tensor<float>& image, Fusion fusion,
          Storage storage = Storage::full) {
  Parameters<float> parameters = initialize<float>(graph, 3);
  Tape<float> tape(storage);
  FloatEvaluator<float> evaluator(tape, graph, parameters, Mode::train, fusion);
  return step(tape, graph, image, parameters, evaluator);
}

Step rounded_step(const Graph& graph, const Tensor<float>& image) {
  Parameters<float> parameters = initialize<float>(graph, 3);
  Tape<float> tape(Storage::bfloat16);
  RoundingEvaluator evaluator(tape, graph, parameters);
  return step(tape, graph, image, parameters, evaluator);
}

void check_same(const Step& a, const Step& b) {
  REQUIRE(a.results.size() == b.results.size());
  for (std::size_t i = 0; i < a.results.size(); ++i) {
    CAPTURE(i);
    CHECK(same_bits(a.results[i], b.results[i]));
  }
}

void check_same(const Graph& graph, const Tensor<float>& image) {
  const Step fused = step(graph, image, Fusion::on), separate = step(graph, image, Fusion::off);
  CHECK(fused.nodes < separate.nodes);
  check_same(fused, separate);
}

const WindowSpec kThree = WindowSpec::square(3, 1, Padding::same());

}  // namespace

TEST_CASE("a training step of Q-Segment has the same bits fused and not") {
  const Graph graph = make_model("qsegment", 40, 24);
  check_same(graph, normal_tensor<float>({2, 40, 24, 3}, 1));
}

TEST_CASE("a step in bfloat16 has the bits of whole maps, rounded one after the other") {
  const Graph graph = make_model("qsegment", 40, 24);
  const Tensor<float> image = normal_tensor<float>({2, 40, 24, 3}, 1);
  const Settings settings;
  const Step expected = rounded_step(graph, image);
  CHECK_FALSE(same_bits(expected.results[0], step(graph, image, Fusion::on).results[0]));
  for (Isa isa : available_isas()) {
    CAPTURE(name(isa));
    set_isa(isa);
    check_same(step(graph, image, Fusion::on, Storage::bfloat16), expected);
  }
  for (const int count : {1, 2, 3, 5, 8}) {
    CAPTURE(count);
    set_threads(count);
    check_same(step(graph, image, Fusion::on, Storage::bfloat16), expected);
  }
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
