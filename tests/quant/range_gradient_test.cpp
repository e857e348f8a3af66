#include "integrad/quant/range_gradient.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "integrad/autograd/cases.h"
#include "integrad/autograd/ops/conv2d.h"
#include "integrad/nn/interpreter.h"
#include "integrad/quant/fake_quant.h"
#include "integrad/quant/observer.h"
#include "integrad/tests/support/quantized_model.h"

using namespace integrad;

namespace {

// A loss whose cotangent of the result is given.
RangeGradient learned(const Graph& graph, Parameters<float>& parameters,
                      const std::vector<Quantization>& quantizations, const Tensor<float>& image,
                      int of, Tensor<float>& cotangent, std::vector<Tensor<float>>& values) {
  Tape<float> tape;
  FakeQuantEvaluator evaluator(tape, graph, parameters, Mode::train, quantizations,
                               find_target("cmsis-nn"), Ranges::learned);
  const auto vars = interpret(tape, graph, tape.constant(image), evaluator);
  cotangent = draw::uniform(tape.shape(vars.back()), 77, -1.0, 1.0).cast<float>();
  values.clear();
  for (const Var v : vars) values.push_back(tape.value(v));
  tape.backward(vars.back(), cotangent);
  return evaluator.range_gradients()->at(static_cast<std::size_t>(of));
}

struct Expected {
  double low = 0, high = 0;
  int top = 0, bottom = 0, open = 0;
};

// By the definition, from real results before rounding (`real`) and after (`rounded`).
Expected by_definition(const Tensor<double>& real, const Tensor<float>& rounded,
                       const Tensor<float>& cotangent, const Quantization& q, bool relu) {
  Expected e;
  const Tensor<std::int8_t> codes = codes_of(rounded, q);
  for (Index i = 0; i < real.size(); ++i) {
    const double d = static_cast<double>(cotangent[i]);
    const double steps = real[i] / static_cast<double>(q.scale) + q.zero_point;
    if (steps >= 127.5) {
      e.high += d;
      ++e.top;
    } else if (relu && codes[i] <= q.zero_point) {
      continue;
    } else if (steps < -128.5) {
      e.low += d;
      ++e.bottom;
    } else {
      const double error = (codes[i] - steps) / 255;
      e.high += d * error;
      e.low -= d * error;
      ++e.open;
    }
  }
  return e;
}

void check_close(const RangeGradient& got, const Expected& expected, Index count) {
  // Errors are kept in 254ths of a step; a result may lie within a rounding of a border.
  const double allowed = 0.6 / 254 / 255 * static_cast<double>(count) + 1e-6;
  CHECK(std::fabs(got.low - expected.low) < allowed);
  CHECK(std::fabs(got.high - expected.high) < allowed);
}

}  // namespace

TEST_CASE("a range's gradient is what rounding and saturation say, of a convolution") {
  const Tensor<float> image = random_pixels({2, 9, 11, 3}, 5);
  for (const Activation activation : {Activation::none, Activation::relu}) {
    CAPTURE(static_cast<int>(activation));
    Graph graph;
    const Value x = graph.input({1, 9, 11, 3});
    graph.layer("conv",
                layer::Conv2d{5, WindowSpec::square(3, 1, Padding::same()), 1, true, activation},
                {x});
    Parameters<float> parameters = initialize<float>(graph, 4);
    // So narrow that both ends saturate.
    const Quantization out = activation == Activation::none ? quantization_of({-0.4f, 0.3f})
                                                            : quantization_of({0, 0.4f});
    Tensor<float> cotangent;
    std::vector<Tensor<float>> values;
    const RangeGradient got =
        learned(graph, parameters, {kImageQuantization, out}, image, 1, cotangent, values);

    // The same with the real values of the integer weights, in double.
    const QGraph program =
        lower(graph, parameters, std::vector{kImageQuantization, out}, find_target("cmsis-nn"));
    const LinearTables& tables = *tables_of(program.node(1).operation);
    Tape<double> tape;
    Tensor<double> weight = tables.weight.cast<double>();
    for (Index i = 0; i < weight.size(); ++i)
      weight[i] *= static_cast<double>(tables.weight_scales[static_cast<std::size_t>(i / 27)]);
    Tensor<double> bias(Shape{5});
    for (Index o = 0; o < 5; ++o)
      bias[o] = static_cast<double>(tables.bias[static_cast<std::size_t>(o)]) *
                static_cast<double>(kImageQuantization.scale) *
                static_cast<double>(tables.weight_scales[static_cast<std::size_t>(o)]);
    const Tensor<double> real =
        tape.value(conv2d(tape, tape.constant(image.cast<double>()), tape.constant(weight),
                          tape.constant(bias), WindowSpec::square(3, 1, Padding::same())));
    const Expected expected =
        by_definition(real, values[1], cotangent, out, activation == Activation::relu);
    CHECK(expected.top > 10);
    CHECK(expected.open > 100);
    CHECK((expected.bottom > 10) == (activation == Activation::none));
    check_close(got, expected, real.size());
  }
}

TEST_CASE("a range's gradient is what rounding and saturation say, of a sum and of a ReLU") {
  const Tensor<float> image = random_pixels({2, 8, 6, 4}, 6);
  using Function = layer::Arithmetic::Function;
  Graph graph;
  const Value x = graph.input({1, 8, 6, 4});
  const Value a = graph.layer("a", layer::Conv2d{4, WindowSpec::square(1)}, {x});
  const Value sum = graph.layer("sum", layer::Arithmetic{Function::sub, Activation::none}, {a, x});
  graph.layer("relu", layer::Pointwise{layer::Pointwise::Function::relu}, {sum});
  Parameters<float> parameters = initialize<float>(graph, 4);
  const std::vector<Quantization> q{kImageQuantization, quantization_of({-2, 2}),
                                    quantization_of({-0.8f, 0.5f}), quantization_of({0, 0.3f})};
  Tensor<float> cotangent;
  std::vector<Tensor<float>> values;
  const auto real = [&](auto function) {
    Tensor<double> result(values[0].shape());
    for (Index i = 0; i < result.size(); ++i) result[i] = function(i);
    return result;
  };
  const RangeGradient relu = learned(graph, parameters, q, image, 3, cotangent, values);
  const Tensor<double> before = real([&](Index i) { return static_cast<double>(values[2][i]); });
  const Expected of_relu = by_definition(before, values[3], cotangent, q[3], true);
  CHECK(of_relu.top > 5);
  check_close(relu, of_relu, before.size());

  // What the ReLU stops does not reach the sum.
  const RangeGradient got = learned(graph, parameters, q, image, 2, cotangent, values);
  Tensor<float> passed = cotangent;
  const Tensor<std::int8_t> codes = codes_of(values[3], q[3]);
  for (Index i = 0; i < passed.size(); ++i)
    if (before[i] >= 0.3 || codes[i] == -128) passed[i] = 0;
  const Tensor<double> difference = real([&](Index i) {
    return static_cast<double>(values[1][i]) - static_cast<double>(values[0][i]);
  });
  const Expected of_sum = by_definition(difference, values[2], passed, q[2], false);
  CHECK(of_sum.top + of_sum.bottom > 5);
  check_close(got, of_sum, difference.size());
}

TEST_CASE("learned ranges move by widths, and a bound at 0 stays") {
  Graph graph;
  const Value x = graph.input({1, 4, 4, 3});
  graph.layer("conv", layer::Conv2d{2, WindowSpec::square(1)}, {x});
  RangeObserver observer(graph, {});
  observer.observe(std::vector<Range>{{0, 1}, {-1, 3}});
  const Tensor<float> gradient = observer.gradient(std::vector<RangeGradient>{{9, 9}, {2, -1}});
  CHECK(gradient[0] == 0);  // the image's range is fixed
  CHECK(gradient[1] == 0);
  CHECK(gradient[3] == 8);  // 2 times the width
  CHECK(gradient[4] == -4);
  Tensor<float> widths(Shape{2, 3});
  widths[3] = 0.125f;
  widths[4] = -0.25f;
  observer.move(widths);
  CHECK(observer.state()[3] == -0.5f);
  CHECK(observer.state()[4] == 2.0f);
  widths[3] = 1;
  observer.move(widths);
  CHECK(observer.state()[3] == 0);  // never above
  CHECK(observer.gradient(std::vector<RangeGradient>{{9, 9}, {2, -1}})[3] == 0);
  CHECK_THROWS_AS(observer.gradient(std::vector<RangeGradient>{{}}), Error);
  CHECK_THROWS_AS(observer.move(Tensor<float>(Shape{1, 3})), Error);
}
