// The networks of arXiv 2403.05340: ELU-Net, and the add-on behind any base.
#include <doctest/doctest.h>

#include <cmath>

#include "integrad/autograd/cases.h"
#include "integrad/autograd/ops/arithmetic.h"
#include "integrad/nn/float_evaluator.h"
#include "integrad/nn/fold.h"
#include "integrad/nn/interpreter.h"
#include "integrad/nn/losses.h"
#include "integrad/nn/models/add_on.h"
#include "integrad/nn/models/elunet.h"
#include "integrad/nn/models/registry.h"
#include "integrad/nn/models/windows.h"

using namespace integrad;

namespace {

/// A base of one convolution with so many classes.
Graph small_base(Index classes) {
  Graph graph;
  const Value x = graph.input({1, 4, 6, 3});
  graph.layer("head", layer::Conv2d{classes, windows::kThree}, {x});
  return graph;
}

Index added(Index classes, int doublings) {
  const Graph base = small_base(classes);
  return count_trainable(with_add_on(base, doublings)) - count_trainable(base);
}

/// The cross entropies of all levels against the same mask value, added up.
double loss_of(const Graph& graph, Parameters<double>& parameters, const Tensor<double>& image,
               std::vector<Tensor<double>>* gradients) {
  Tape<double> tape;
  FloatEvaluator<double> evaluator(tape, graph, parameters, Mode::train);
  const auto values = interpret(tape, graph, tape.constant(image), evaluator);
  Var sum{};
  bool first = true;
  for (const int id : graph.levels()) {
    const Var level = values[static_cast<std::size_t>(id)];
    Tensor<double> target(tape.shape(level), 0.25);
    const Var term = binary_cross_entropy(tape, level, std::move(target));
    sum = first ? term : add(tape, sum, term);
    first = false;
  }
  const double value = tape.value(sum)[0];
  if (gradients != nullptr) {
    tape.backward(sum);
    for (const Var parameter : evaluator.parameter_values())
      gradients->push_back(tape.gradient(parameter));
  }
  return value;
}

}  // namespace

TEST_CASE("ELU-Net has the published numbers of parameters") {
  CHECK(count_trainable(make_elunet(32, 48, 8, 1)) == 800113);
  CHECK(count_trainable(make_elunet(16, 16, 16, 1)) == 3194081);
  const Graph of_colours = make_model("elunet8", 32, 48);
  CHECK(count_trainable(of_colours) == 800113 + 2 * 9 * 8);
  CHECK(of_colours.output_shape() == Shape{1, 32, 48, 1});
  CHECK_THROWS_WITH_AS(make_elunet(24, 16, 8, 1),
                       "elunet needs an image whose sides are divisible by 16; got 24x16", Error);
}

TEST_CASE("the add-on adds 15, 30, 87 and 112 parameters, and 98 k^2 + 14 k for k classes") {
  const Index published[] = {15, 30, 87, 112};
  for (int doublings = 1; doublings <= 4; ++doublings)
    CHECK(added(1, doublings) == published[doublings - 1]);
  for (const Index k : {2, 3, 5}) CHECK(added(k, 4) == 98 * k * k + 14 * k);
  CHECK(count_trainable(make_model("qsegment+4", 16, 16)) == 111297 + 112);
  for (const int wrong : {0, 5, -1}) CHECK_THROWS_AS(with_add_on(small_base(1), wrong), Error);
  for (const char* wrong : {"qsegment+", "qsegment+0", "qsegment+5", "qsegment+12", "qsegment+x"})
    CHECK_THROWS_AS(make_model(wrong, 16, 16), Error);
}

TEST_CASE("on 16 features a stage of the variant adds 80 parameters, and starts as repetition") {
  for (int doublings = 1; doublings <= 4; ++doublings) {
    const Graph graph = make_model("qsegment+" + std::to_string(doublings) + "f", 16, 24);
    CHECK(count_trainable(graph) == 111297 + 80 * doublings);
    const std::vector<int> levels = graph.levels();
    REQUIRE(levels.size() == static_cast<std::size_t>(doublings) + 1);
    for (std::size_t i = 0; i < levels.size(); ++i)
      CHECK(graph.node(levels[i]).shape == Shape{1, Index{16} << i, Index{24} << i, 1});
    CHECK(levels.back() == graph.size() - 1);
  }
  CHECK(count_trainable(make_model("elunet8+1f", 16, 16)) ==
        count_trainable(make_model("elunet8", 16, 16)) + 8 * 5);

  // A base that sees one pixel at a time gives the same values, repeated.
  Graph base;
  const Value x = base.input({1, 4, 6, 3});
  base.layer("head", layer::Conv2d{2, windows::kPoint}, {x});
  const Graph graph = with_feature_add_on(base, 2);
  Parameters<double> parameters = initialize<double>(graph, 3);
  Tape<double> tape;
  FloatEvaluator<double> evaluator(tape, graph, parameters, Mode::evaluate);
  const Tensor<double> image = draw::uniform({1, 4, 6, 3}, 5, 0.0, 1.0);
  const auto values = interpret(tape, graph, tape.constant(image), evaluator);
  const auto level = [&](std::size_t i) -> const Tensor<double>& {
    return tape.value(values[static_cast<std::size_t>(graph.levels()[i])]);
  };
  for (Index y = 0; y < 16; ++y)
    for (Index column = 0; column < 24; ++column)
      for (Index c = 0; c < 2; ++c)
        REQUIRE(level(2)(0, y, column, c) == level(0)(0, y / 4, column / 4, c));

  Graph pooled = base;
  pooled.layer("pool", layer::MaxPool{windows::kTwo}, {Value{1}});
  CHECK_THROWS_AS(with_feature_add_on(pooled, 1), Error);
  CHECK_THROWS_AS(with_feature_add_on(base, 5), Error);
  for (const char* wrong : {"qsegment+f", "qsegment+2g", "qsegment+2ff", "qsegment+5f"})
    CHECK_THROWS_AS(make_model(wrong, 16, 16), Error);
}

TEST_CASE("a transposed convolution in groups is one over all channels with zeros between them") {
  Graph graph;
  const Value x = graph.input({1, 3, 4, 6});
  graph.layer(
      "up", layer::TransposedConv2d{.out_channels = 4, .window = windows::kTwo, .groups = 2}, {x});
  CHECK(parameter_specs(graph)[0].shape == Shape{4, 2, 2, 3});
  CHECK(parameter_specs(graph)[0].fan_in == 12);
  Parameters<double> parameters = initialize<double>(graph, 3);
  Tape<double> tape;
  FloatEvaluator<double> evaluator(tape, graph, parameters, Mode::evaluate);
  const Tensor<double> image = draw::uniform({2, 3, 4, 6}, 5, -1.0, 1.0);
  const auto values = interpret(tape, graph, tape.constant(image), evaluator);
  const Tensor<double>&y = tape.value(values.back()), &w = parameters.at("up/weight");
  for (Index n = 0; n < 2; ++n)
    for (Index row = 0; row < 6; ++row)
      for (Index column = 0; column < 8; ++column)
        for (Index o = 0; o < 4; ++o) {
          double sum = 0;
          for (Index i = 0; i < 3; ++i)
            sum += image(n, row / 2, column / 2, (o / 2) * 3 + i) * w(o, row % 2, column % 2, i);
          CHECK(y(n, row, column, o) == doctest::Approx(sum).epsilon(1e-12));
        }
  Graph wrong;
  const Value in = wrong.input({1, 3, 4, 6});
  CHECK_THROWS_AS(
      wrong.layer("up",
                  layer::TransposedConv2d{.out_channels = 5, .window = windows::kTwo, .groups = 2},
                  {in}),
      Error);
}

TEST_CASE("each level has twice the resolution of the one before") {
  const Graph graph = with_add_on(small_base(2), 4);
  const std::vector<int> levels = graph.levels();
  REQUIRE(levels.size() == 5);
  for (std::size_t i = 0; i < 5; ++i)
    CHECK(graph.node(levels[i]).shape == Shape{1, Index{4} << i, Index{6} << i, 2});
  CHECK(levels.back() == graph.size() - 1);
  CHECK(small_base(1).levels() == std::vector<int>{1});
}

TEST_CASE("gradients of shared parameters collect from every use") {
  const Graph graph = with_add_on(small_base(1), 4);
  Parameters<double> parameters = initialize<double>(graph, 3);
  const Tensor<double> image = draw::uniform({2, 4, 6, 3}, 5, 0.0, 1.0);
  std::vector<Tensor<double>> gradients;
  loss_of(graph, parameters, image, &gradients);
  REQUIRE(gradients.size() == parameters.all().size());
  for (std::size_t p = 0; p < gradients.size(); ++p) {
    CAPTURE(parameters.all()[p].name);
    for (Index i = 0; i < gradients[p].size(); ++i) {
      constexpr double kStep = 1e-5;
      double& value = parameters.all()[p].value[i];
      const double before = value;
      value = before + kStep;
      const double above = loss_of(graph, parameters, image, nullptr);
      value = before - kStep;
      const double below = loss_of(graph, parameters, image, nullptr);
      value = before;
      CHECK(gradients[p][i] == doctest::Approx((above - below) / (2 * kStep)).epsilon(1e-6));
    }
  }
}

TEST_CASE("folding keeps shared parameters, levels and the function") {
  for (const char* name : {"qsegment+4", "elunet8+2", "qsegment+2f"}) {
    CAPTURE(name);
    const Graph graph = make_model(name, 16, 16);
    Parameters<float> parameters = initialize<float>(graph, 3);
    auto folded = fold(graph, parameters);
    CHECK(folded.graph.levels().size() == graph.levels().size());
    const Tensor<float> image = draw::uniform({1, 16, 16, 3}, 5, 0.0, 1.0).cast<float>();
    const auto evaluate = [&](const Graph& of, Parameters<float>& with) {
      Tape<float> tape;
      FloatEvaluator<float> evaluator(tape, of, with, Mode::evaluate);
      std::vector<Tensor<float>> levels;
      const auto values = interpret(tape, of, tape.constant(image), evaluator);
      for (const int id : of.levels())
        levels.push_back(tape.value(values[static_cast<std::size_t>(id)]));
      return levels;
    };
    const auto before = evaluate(graph, parameters);
    const auto after = evaluate(folded.graph, folded.parameters);
    for (std::size_t level = 0; level < before.size(); ++level) {
      REQUIRE(before[level].shape() == after[level].shape());
      for (Index i = 0; i < before[level].size(); ++i)
        REQUIRE(before[level][i] == doctest::Approx(after[level][i]).epsilon(1e-3));
    }
  }
}

TEST_CASE("what folding must leave alone: a level's value, and parameters that another node uses") {
  Graph graph;
  const layer::Conv2d conv{2, windows::kThree};
  const layer::Pointwise relu{layer::Pointwise::Function::relu};
  const Value x = graph.input({1, 8, 8, 2});
  const Value own = graph.layer("own", conv, {x});
  const Value norm = graph.layer("norm", layer::BatchNorm{}, {own});
  const Value again = graph.layer_sharing("own", "again", conv, {norm});
  graph.mark_level(again);
  graph.layer("clamp", relu, {again});
  Parameters<float> parameters = initialize<float>(graph, 3);
  parameters.at("norm/gamma")[0] = 3;  // so that a norm folded into both uses would show
  auto folded = fold(graph, parameters);
  REQUIRE(folded.graph.levels().size() == 2);
  const Tensor<float> image = draw::uniform({1, 8, 8, 2}, 5, -1.0, 1.0).cast<float>();
  const auto level = [&](const Graph& of, Parameters<float>& with) {
    Tape<float> tape;
    FloatEvaluator<float> evaluator(tape, of, with, Mode::evaluate);
    const auto values = interpret(tape, of, tape.constant(image), evaluator);
    return tape.value(values[static_cast<std::size_t>(of.levels().front())]);
  };
  const Tensor<float> before = level(graph, parameters);
  const Tensor<float> after = level(folded.graph, folded.parameters);
  bool negative = false;
  for (Index i = 0; i < before.size(); ++i) {
    REQUIRE(before[i] == doctest::Approx(after[i]).epsilon(1e-4));
    negative = negative || before[i] < 0;
  }
  CHECK(negative);  // or a clamp would not show
}

TEST_CASE("parameters are shared only where they fit") {
  Graph graph;
  const Value x = graph.input({1, 8, 8, 2});
  const Value y = graph.layer("own", layer::Conv2d{2, windows::kThree}, {x});
  const Value z = graph.layer_sharing("own", "again", layer::Conv2d{2, windows::kThree}, {y});
  CHECK(count_trainable(graph) == 2 * 2 * 9 + 2);
  CHECK_THROWS_AS(graph.layer_sharing("own", "wider", layer::Conv2d{3, windows::kThree}, {z}),
                  Error);
}

TEST_CASE("the parameters to share must exist, and not be shared themselves") {
  Graph graph;
  const Value x = graph.input({1, 8, 8, 2});
  const layer::Conv2d conv{2, windows::kThree};
  CHECK_THROWS_AS(graph.layer_sharing("none", "a", conv, {x}), Error);
  const Value y = graph.layer("own", conv, {x});
  const Value z = graph.layer_sharing("own", "again", conv, {y});
  CHECK_THROWS_AS(graph.layer_sharing("again", "third", conv, {z}), Error);
  CHECK_THROWS_AS(graph.mark_level({7}), Error);
}
