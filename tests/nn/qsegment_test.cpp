#include "integrad/nn/models/qsegment.h"

#include <doctest/doctest.h>

#include <cmath>

#include "integrad/autograd/cases.h"
#include "integrad/nn/float_evaluator.h"
#include "integrad/nn/fold.h"
#include "integrad/nn/interpreter.h"
#include "integrad/tensor/random.h"

using namespace integrad;

namespace {

// Parameters away from their start, so that a norm that folding forgot would show.
template <class T>
void disturb(Parameters<T>& parameters) {
  std::uint64_t stream = 0;
  for (auto& p : parameters.all()) {
    const Random random(7, stream++);
    const bool variance = p.name.ends_with("running_variance");
    for (Index i = 0; i < p.value.size(); ++i) {
      const double noise = random.normal(static_cast<std::uint64_t>(i));
      p.value[i] =
          variance ? static_cast<T>(0.5 + noise * noise) : p.value[i] + static_cast<T>(0.1 * noise);
    }
  }
}

template <class T>
Tensor<T> evaluate(const Graph& graph, Parameters<T>& parameters, const Tensor<T>& image) {
  Tape<T> tape;
  FloatEvaluator<T> evaluator(tape, graph, parameters, Mode::evaluate);
  return tape.value(interpret(tape, graph, tape.constant(image), evaluator, Keep::output).back());
}

}  // namespace

TEST_CASE("Q-Segment has the published numbers of parameters and multiply-accumulates") {
  const Graph graph = make_qsegment(64, 96);
  CHECK(count_trainable(graph) == 111297);
  CHECK(macs(graph) == 10571 * 64 * 96);
  CHECK(graph.output_shape() == Shape{1, 64, 96, 1});
  const auto folded = fold(graph, initialize<float>(graph, 1));
  CHECK(count_trainable(folded.graph) == 109409);
  CHECK(macs(folded.graph) == 10571 * 64 * 96);
}

TEST_CASE("Q-Segment refuses sides that its three poolings cannot halve") {
  CHECK_THROWS_WITH_AS(make_qsegment(60, 64),
                       "qsegment needs an image whose sides are divisible by 8; got 60x64", Error);
}

TEST_CASE_TEMPLATE("folding keeps the function in evaluation mode", T, float, double) {
  const Graph graph = make_qsegment(16, 24);
  Parameters<T> parameters = initialize<T>(graph, 3);
  disturb(parameters);
  auto folded = fold(graph, parameters);
  const Tensor<T> image = draw::uniform({2, 16, 24, 3}, 5, 0.0, 1.0).cast<T>();
  const Tensor<T> before = evaluate(graph, parameters, image);
  const Tensor<T> after = evaluate(folded.graph, folded.parameters, image);
  double largest = 0, difference = 0;
  for (Index i = 0; i < before.size(); ++i) {
    largest = std::max(largest, std::fabs(static_cast<double>(before[i])));
    difference = std::max(difference, std::fabs(static_cast<double>(before[i] - after[i])));
  }
  CHECK(largest > 0.1);
  CHECK(difference < largest * (std::is_same_v<T, float> ? 2e-5 : 1e-13));
}

TEST_CASE("folding leaves neither norms nor separate activations in Q-Segment") {
  const Graph graph = make_qsegment(16, 16);
  const auto folded = fold(graph, initialize<float>(graph, 1));
  for (const Node& node : folded.graph.nodes()) {
    CHECK_FALSE(std::holds_alternative<layer::BatchNorm>(node.layer));
    CHECK_FALSE(std::holds_alternative<layer::Pointwise>(node.layer));
  }
}

TEST_CASE("a norm whose convolution has another reader stays") {
  Graph graph;
  const Value x = graph.input({1, 8, 8, 3});
  const Value conv = graph.layer("conv", layer::Conv2d{4, WindowSpec::square(1)}, {x});
  const Value norm = graph.layer("norm", layer::BatchNorm{}, {conv});
  graph.layer("sum", layer::Arithmetic{layer::Arithmetic::Function::add}, {norm, conv});
  const auto folded = fold(graph, initialize<float>(graph, 1));
  CHECK(folded.graph.size() == graph.size());
}
