// The straight-through estimator of the layers that borrow the float operator's gradient: at the
// quantised values it is that operator's, stopped where the code was clamped.
#include <doctest/doctest.h>

#include <cmath>

#include "integrad/nn/float_evaluator.h"
#include "integrad/nn/interpreter.h"
#include "integrad/quant/fake_quant.h"
#include "integrad/tensor/random.h"

using namespace integrad;

namespace {

constexpr Quantization kIn{0.03125f, -10};

Tensor<float> on_grid(const Shape& shape, const Quantization& q) {
  const Random random(41, 1);
  Tensor<float> values = Tensor<float>::uninitialized(shape);
  for (Index i = 0; i < values.size(); ++i)
    values[i] = q.real(static_cast<int>(random.below(static_cast<std::uint64_t>(i), 256)) - 128);
  return values;
}

struct Gradients {
  Tensor<float> values, x;
  std::vector<Tensor<float>> parameters;
};

// The layer behind the input on an evaluator's tape, backward with a cotangent of ones and twos.
template <class Evaluator>
Gradients gradients(Tape<float>& tape, const Graph& graph, Evaluator& evaluator,
                    const Tensor<float>& x) {
  const Var leaf = tape.leaf(x);
  const Var y = std::visit(
      [&](const auto& l) -> Var {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(l)>, layer::Input>)
          return leaf;
        else
          return evaluator(1, l, std::vector<Var>(graph.node(1).inputs.size(), leaf));
      },
      graph.node(1).layer);
  Gradients result;
  result.values = tape.value(y);
  Tensor<float> d = Tensor<float>::uninitialized(tape.shape(y));
  for (Index i = 0; i < d.size(); ++i) d[i] = static_cast<float>(1 + i % 2);
  tape.backward(y, std::move(d));
  result.x = tape.gradient(leaf);
  for (const Var p : evaluator.parameter_values()) result.parameters.push_back(tape.gradient(p));
  return result;
}

void check_close(const Tensor<float>& got, const Tensor<float>& expected) {
  REQUIRE(got.shape() == expected.shape());
  for (Index i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    CHECK(std::fabs(got[i] - expected[i]) <= 1e-4f * (1 + std::fabs(expected[i])));
  }
}

// The layer with room in its output's range: nothing is clamped, so the gradients are those of the
// float operator. Weights are multiples of 1/128 with 127/128 in every channel, which codes hold.
void check_layer(const Layer& layer, const Shape& shape, const Quantization& out, float tolerance) {
  Graph graph;
  const Value x = graph.input(shape);
  graph.layer("layer", layer, {x});
  Parameters<float> parameters = initialize<float>(graph, 5);
  for (auto& p : parameters.all())
    for (Index i = 0; i < p.value.size(); ++i) {
      const Index per_channel = p.value.size() / p.value.shape()[0];
      const float code = static_cast<float>(i % per_channel == 0 ? 127 : (37 * i) % 255 - 127);
      p.value[i] = p.name.ends_with("/bias") ? 0.5f : code / 128;
    }
  const Tensor<float> image = on_grid(shape.with(0, 2), kIn);
  Tape<float> real_tape, quant_tape;
  FloatEvaluator<float> real(real_tape, graph, parameters, Mode::train);
  FakeQuantEvaluator quant(quant_tape, graph, parameters, Mode::train, {kIn, out},
                           find_target("cmsis-nn"));
  const Gradients expected = gradients(real_tape, graph, real, image);
  const Gradients got = gradients(quant_tape, graph, quant, image);
  for (Index i = 0; i < got.values.size(); ++i) {
    CAPTURE(i);
    CHECK(std::fabs(got.values[i] - expected.values[i]) <= tolerance);
  }
  check_close(got.x, expected.x);
  REQUIRE(got.parameters.size() == expected.parameters.size());
  for (std::size_t p = 0; p < got.parameters.size(); ++p)
    check_close(got.parameters[p], expected.parameters[p]);
}

}  // namespace

TEST_CASE("where nothing is clamped the gradients are the float operator's") {
  WindowSpec window = WindowSpec::square(3, 2, Padding::fixed(1));
  check_layer(layer::TransposedConv2d{3, window, 1}, {1, 4, 5, 2}, {0.5f, 3}, 0.26f);
  check_layer(layer::FullyConnected{6}, {1, 20}, {0.5f, 3}, 0.26f);
  check_layer(layer::Softmax{}, {1, 2, 3, 5}, kShareQuantization, 0.01f);
  using Function = layer::Pointwise::Function;
  check_layer(layer::Pointwise{Function::sigmoid}, {1, 3, 3, 4}, kShareQuantization, 0.01f);
  check_layer(layer::Pointwise{Function::hard_swish}, {1, 3, 3, 4}, {0.03125f, -100}, 0.05f);
  check_layer(layer::Resize{layer::Resize::Method::bilinear, 7, 5}, {1, 3, 4, 2}, kIn, 0.03f);
  check_layer(layer::Resize{layer::Resize::Method::nearest, 7, 5}, {1, 3, 4, 2}, kIn, 0.0f);
}

TEST_CASE("clamped codes of a ReLU that stands alone stop the gradient") {
  Graph graph;
  graph.layer("relu", layer::Pointwise{layer::Pointwise::Function::relu},
              {graph.input({1, 8, 8, 4})});
  Parameters<float> none;
  const Tensor<float> image = on_grid({1, 8, 8, 4}, kIn);
  int passed = 0, low = 0, high = 0, rounded_to_zero = 0;
  // 127 is 1.99, larger inputs are clamped; and in steps so coarse that small inputs become 0.
  for (const Quantization out : {Quantization{0.0078125f, -128}, Quantization{1.0f, -128}}) {
    Tape<float> tape;
    FakeQuantEvaluator evaluator(tape, graph, none, Mode::train, {kIn, out},
                                 find_target("cmsis-nn"));
    const Gradients got = gradients(tape, graph, evaluator, image);
    for (Index i = 0; i < image.size(); ++i) {
      CAPTURE(i);
      const float steps = image[i] / out.scale, got_steps = got.values[i] / out.scale;
      CHECK(std::fabs(got_steps - std::min(std::max(steps, 0.0f), 255.0f)) < 0.54f);
      const bool passes = got_steps > 0 && steps < 255.5f;
      CHECK(got.x[i] == (passes ? static_cast<float>(1 + i % 2) : 0.0f));
      ++(passes ? passed : steps > 1 ? high : steps > 0 ? rounded_to_zero : low);
    }
  }
  CHECK(passed > 10);
  CHECK(low > 10);
  CHECK(high > 2);
  CHECK(rounded_to_zero > 0);
}

TEST_CASE("the second operand of a difference gets the negative gradient") {
  Graph graph;
  const Value x = graph.input({1, 2, 2, 2});
  graph.layer("sub", layer::Arithmetic{layer::Arithmetic::Function::sub}, {x, x});
  Parameters<float> none;
  Tape<float> tape;
  FakeQuantEvaluator evaluator(tape, graph, none, Mode::train, {kIn, {0.0625f, 0}},
                               find_target("cmsis-nn"));
  const Tensor<float> image = on_grid({1, 2, 2, 2}, kIn);
  const Var a = tape.leaf(image), b = tape.leaf(image);
  const Var y =
      evaluator(1, std::get<layer::Arithmetic>(graph.node(1).layer), std::vector<Var>{a, b});
  tape.backward(y, Tensor<float>(image.shape(), 3.0f));
  for (Index i = 0; i < image.size(); ++i) {
    CHECK(tape.gradient(a)[i] == 3.0f);
    CHECK(tape.gradient(b)[i] == -3.0f);
  }
}
