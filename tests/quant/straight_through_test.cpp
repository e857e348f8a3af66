// The straight-through estimator: a layer's gradient is that of the real function, stopped where
// the code was clamped. Scales and cotangents are such that every product and sum is exact.
#include <doctest/doctest.h>

#include <cmath>

#include "integrad/quant/fake_quant.h"
#include "integrad/tensor/random.h"

using namespace integrad;

namespace {

constexpr Quantization kIn{0.0625f, -3}, kOther{0.125f, 20};

// Random codes as real numbers.
Tensor<float> on_grid(Shape shape, const Quantization& q, std::uint64_t stream) {
  const Random random(31, stream);
  Tensor<float> values = Tensor<float>::uninitialized(shape);
  for (Index i = 0; i < values.size(); ++i)
    values[i] = q.real(static_cast<int>(random.below(static_cast<std::uint64_t>(i), 256)) - 128);
  return values;
}

// Integers -4 .. 4.
Tensor<float> cotangent(Shape shape) {
  const Random random(32, 1);
  Tensor<float> values = Tensor<float>::uninitialized(shape);
  for (Index i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(random.below(static_cast<std::uint64_t>(i), 9)) - 4;
  return values;
}

// Multiples of 1/128 with the largest, 127/128, in every channel: their codes are exact.
void set_weights(Tensor<float>& weight, Index channels, bool channels_last) {
  const Random random(33, 1);
  const Index count = weight.size() / channels;
  for (Index i = 0; i < weight.size(); ++i) {
    const bool first = channels_last ? i < channels : i % count == 0;
    const int code = static_cast<int>(random.below(static_cast<std::uint64_t>(i), 255)) - 127;
    weight[i] = static_cast<float>(first ? 127 : code) / 128;
  }
}

struct Tally {
  int passed = 0, low = 0, high = 0;
};

// Whether a gradient passes, told from the real result.
bool passes(double real, const Quantization& out, Activation activation, Tally& tally) {
  const double steps = real / static_cast<double>(out.scale);
  const double code = std::round(steps) + out.zero_point;
  double low = -128, high = 127;
  if (activation != Activation::none) low = out.zero_point + 1;  // what ReLU cuts off ends at 0
  if (activation == Activation::relu6)
    high = std::min(127.0, std::round(6 / static_cast<double>(out.scale)) + out.zero_point);
  // Targets round ties, and what is as good as one, in their own ways: none may decide here.
  const double unrounded = steps + out.zero_point;
  REQUIRE(std::fabs(unrounded - (low - 0.5)) > 1.0 / 64);
  REQUIRE(std::fabs(unrounded - (high + 0.5)) > 1.0 / 64);
  ++(code < low ? tally.low : code > high ? tally.high : tally.passed);
  return code >= low && code <= high;
}

void check_equal(const Tensor<float>& got, const Tensor<float>& expected) {
  REQUIRE(got.shape() == expected.shape());
  for (Index i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    CHECK(got[i] == expected[i]);
  }
}

void check_all_kinds(const Tally& tally) {
  CHECK(tally.passed > 20);
  CHECK(tally.low > 5);
  CHECK(tally.high > 5);
}

struct Gradients {
  Tensor<float> x, weight, bias;
};

// Plain loops over a convolution; output channel o reads the `per_group` input channels of its
// group. `weight_at(o, ky, kx, k)` is a flat position.
template <class WeightAt>
Gradients expected_gradients(const Tensor<float>& x, const Tensor<float>& weight,
                             const Tensor<float>& bias, const Tensor<float>& d,
                             const Window2d& window, Index groups, Index per_group,
                             WeightAt weight_at, const Quantization& out, Activation activation,
                             Tally& tally) {
  Gradients sums{Tensor<float>(x.shape()), Tensor<float>(weight.shape()),
                 Tensor<float>(bias.shape())};
  const Shape& y = d.shape();
  const auto visit = [&](Index n, Index oy, Index ox, Index o, auto use) {
    for (Index ky = 0; ky < window.y.kernel; ++ky)
      for (Index kx = 0; kx < window.x.kernel; ++kx)
        for (Index k = 0; k < per_group; ++k) {
          const Index iy = oy * window.y.stride + ky * window.y.dilation - window.y.pad_before;
          const Index ix = ox * window.x.stride + kx * window.x.dilation - window.x.pad_before;
          if (iy < 0 || iy >= x.shape().height() || ix < 0 || ix >= x.shape().width()) continue;
          const Index c = o / (y.channels() / groups) * per_group + k;
          use(x.offset(n, iy, ix, c), weight_at(o, ky, kx, k));
        }
  };
  for (Index n = 0; n < y.batch(); ++n)
    for (Index oy = 0; oy < y.height(); ++oy)
      for (Index ox = 0; ox < y.width(); ++ox)
        for (Index o = 0; o < y.channels(); ++o) {
          double real = static_cast<double>(bias[o]);
          visit(n, oy, ox, o, [&](Index at, Index w) {
            real += static_cast<double>(x[at]) * static_cast<double>(weight[w]);
          });
          if (!passes(real, out, activation, tally)) continue;
          const float slope = d(n, oy, ox, o);
          sums.bias[o] += slope;
          visit(n, oy, ox, o, [&](Index at, Index w) {
            sums.x[at] += slope * weight[w];
            sums.weight[w] += slope * x[at];
          });
        }
  return sums;
}

// Runs the layer alone on a leaf and compares its three gradients with the plain loops'.
template <class Linear, class WeightAt>
void check_linear(const Linear& layer, Index groups, Index per_group, bool channels_last,
                  const Quantization& out, WeightAt weight_at) {
  Graph graph;
  const Value image = graph.input({1, 7, 6, 4});
  const Value result = graph.layer("linear", layer, {image});
  const Index channels = graph.shape(result).channels();
  Parameters<float> parameters = initialize<float>(graph, 1);
  Tensor<float>&weight = parameters.at("linear/weight"), &bias = parameters.at("linear/bias");
  set_weights(weight, channels, channels_last);
  for (Index o = 0; o < channels; ++o) bias[o] = static_cast<float>(o - 2) / 2;

  for (const Target& target : rounding_targets()) {
    Tape<float> tape;
    FakeQuantEvaluator evaluator(tape, graph, parameters, Mode::train, {kIn, out}, target);
    const Var x = tape.leaf(on_grid({2, 7, 6, 4}, kIn, 1));
    const Var y = evaluator(1, layer, std::vector<Var>{x});
    const Tensor<float> d = cotangent(tape.shape(y));
    Tally tally;
    const Gradients expected = expected_gradients(
        tape.value(x), weight, bias, d, resolve(layer.window, 7, 6), groups, per_group,
        [&](Index o, Index ky, Index kx, Index k) {
          return weight_at(weight.shape(), o, ky, kx, k);
        },
        out, layer.activation, tally);
    check_all_kinds(tally);
    tape.backward(y, d);
    check_equal(tape.gradient(x), expected.x);
    const auto gradient = [&](const char* name) {
      return tape.gradient(evaluator.parameter_values()[parameters.position(name)]);
    };
    check_equal(gradient("linear/weight"), expected.weight);
    check_equal(gradient("linear/bias"), expected.bias);
  }
}

// Ranges narrower than the results, so that both ends saturate; ReLU's zero point in the middle and
// at the lowest code, where only its own bound clamps below.
struct Clamp {
  Activation activation;
  Quantization out;
};
const Clamp kClamps[] = {{Activation::none, {0.0367f, 17}},
                         {Activation::relu, {0.0171f, -40}},
                         {Activation::relu, {0.0171f, -128}},
                         {Activation::relu6, {0.0433f, -100}}};

// Two operands of an element-wise layer on leaves: node 2 reads nodes 0 and 1.
template <class Expected>
void check_binary(layer::Arithmetic::Function function, const Clamp& clamp, Expected expected) {
  Graph graph;
  const Value a = graph.input({1, 6, 7, 3});
  const Value b = graph.layer("b", layer::Conv2d{3, WindowSpec::square(1)}, {a});
  const layer::Arithmetic layer{function, clamp.activation};
  graph.layer("result", layer, {a, b});
  Parameters<float> parameters = initialize<float>(graph, 1);
  Tape<float> tape;
  FakeQuantEvaluator evaluator(tape, graph, parameters, Mode::train, {kIn, kOther, clamp.out},
                               find_target("cmsis-nn"));
  const Tensor<float> xs = on_grid({2, 6, 7, 3}, kIn, 1), ys = on_grid({2, 6, 7, 3}, kOther, 2);
  const Var x = tape.leaf(xs), y = tape.leaf(ys);
  const Var z = evaluator(2, layer, std::vector<Var>{x, y});
  const Tensor<float> d = cotangent(tape.shape(z));
  tape.backward(z, d);
  Tensor<float> dx(xs.shape()), dy(ys.shape());
  Tally tally;
  for (Index i = 0; i < xs.size(); ++i) expected(xs[i], ys[i], d[i], dx[i], dy[i], tally);
  check_all_kinds(tally);
  check_equal(tape.gradient(x), dx);
  check_equal(tape.gradient(y), dy);
}

}  // namespace

TEST_CASE("convolution: gradients of input, weight and bias stop at both clamps") {
  for (const Clamp& clamp : kClamps) {
    const layer::Conv2d layer{
        6, {3, 2, 2, 1, 1, 2, Padding::fixed(1, 0, 1, 2)}, 2, true, clamp.activation};
    check_linear(layer, 2, 2, false, clamp.out,
                 [](const Shape& w, Index o, Index ky, Index kx, Index k) {
                   return ((o * w[1] + ky) * w[2] + kx) * w[3] + k;
                 });
  }
}

TEST_CASE("depthwise convolution: gradients stop at both clamps, multiplier included") {
  for (const Clamp& clamp : kClamps) {
    const layer::DepthwiseConv2d layer{
        {3, 3, 1, 2, 1, 1, Padding::same()}, 2, true, clamp.activation};
    check_linear(layer, 4, 1, true, clamp.out,
                 [](const Shape& w, Index o, Index ky, Index kx, Index) {
                   return (ky * w[2] + kx) * w[3] + o;
                 });
  }
}

TEST_CASE("sums and products pass gradients to both operands where the code was not clamped") {
  for (const Clamp& clamp : kClamps) {
    check_binary(layer::Arithmetic::Function::add, clamp,
                 [&](float x, float y, float d, float& dx, float& dy, Tally& tally) {
                   const double real = static_cast<double>(x) + static_cast<double>(y);
                   if (passes(real, clamp.out, clamp.activation, tally)) dx = dy = d;
                 });
    // Products reach further than sums.
    const Clamp wide{clamp.activation, {8 * clamp.out.scale, clamp.out.zero_point}};
    check_binary(layer::Arithmetic::Function::mul, wide,
                 [&](float x, float y, float d, float& dx, float& dy, Tally& tally) {
                   const double real = static_cast<double>(x) * static_cast<double>(y);
                   if (!passes(real, wide.out, wide.activation, tally)) return;
                   dx = d * y;
                   dy = d * x;
                 });
  }
}

namespace {

// The gradient by x of a layer on whole numbers (scale 1), with a cotangent of ones; the result's
// code is its value plus `zero_point`.
template <class L>
Tensor<float> slopes(const L& layer, std::size_t inputs, std::int32_t zero_point,
                     std::initializer_list<float> values) {
  Graph graph;
  const Value image = graph.input({1, 1, static_cast<Index>(values.size()), 1});
  graph.layer("layer", layer, std::vector<Value>(inputs, image));
  Parameters<float> parameters = initialize<float>(graph, 1);
  for (auto& p : parameters.all()) p.value.fill(1);
  Tape<float> tape;
  FakeQuantEvaluator evaluator(tape, graph, parameters, Mode::train, {{1, 0}, {1, zero_point}},
                               find_target("cmsis-nn"));
  const Var x = tape.leaf(Tensor<float>(graph.input_shape(), values));
  const std::vector<Var> operands(inputs, x);
  const Var y = evaluator(1, layer, operands);
  tape.backward(y, Tensor<float>(tape.shape(y), 1));
  return tape.gradient(x);
}

Tensor<float> along_x(std::initializer_list<float> values) {
  return Tensor<float>(Shape{1, 1, static_cast<Index>(values.size()), 1}, values);
}

}  // namespace

TEST_CASE(
    "a sum passes its gradient at the outermost codes, and not one beyond; to both operands") {
  using Arithmetic = layer::Arithmetic;
  const Arithmetic plain{Arithmetic::Function::add};
  // Codes 126, 128, -128, -130.
  check_equal(slopes(plain, 2, 0, {63, 64, -64, -65}), along_x({2, 0, 2, 0}));
  // Codes 127, 129, -127, -129.
  check_equal(slopes(plain, 2, 1, {63, 64, -64, -65}), along_x({2, 0, 2, 0}));
  const Arithmetic relu{Arithmetic::Function::add, Activation::relu};
  check_equal(slopes(relu, 2, 1, {1, 0, -1, 63, 64}), along_x({2, 0, 0, 2, 0}));
  const Arithmetic relu6{Arithmetic::Function::add, Activation::relu6};
  check_equal(slopes(relu6, 2, 5, {0, 1, 3, 4}), along_x({0, 2, 2, 0}));
}

TEST_CASE("convolutions pass their gradient at the outermost codes, and not one beyond") {
  // The result is the input plus the bias 1.
  const WindowSpec point = WindowSpec::square(1);
  for (Activation activation : {Activation::none, Activation::relu, Activation::relu6}) {
    const bool none = activation == Activation::none, six = activation == Activation::relu6;
    const auto check = [&](const auto& layer) {
      // Results 127, 128: codes 126, 127 and then 127, 128.
      check_equal(slopes(layer, 1, -1, {126, 127}), six ? along_x({0, 0}) : along_x({1, 1}));
      check_equal(slopes(layer, 1, 0, {126, 127}), six ? along_x({0, 0}) : along_x({1, 0}));
      // Results -127, -126: codes -129, -128.
      check_equal(slopes(layer, 1, -2, {-128, -127}), none ? along_x({0, 1}) : along_x({0, 0}));
      // Results 0, 1, 6, 7.
      check_equal(slopes(layer, 1, 3, {-1, 0, 5, 6}), none  ? along_x({1, 1, 1, 1})
                                                      : six ? along_x({0, 1, 1, 0})
                                                            : along_x({0, 1, 1, 1}));
    };
    check(layer::Conv2d{1, point, 1, true, activation});
    check(layer::DepthwiseConv2d{point, 1, true, activation});
  }
}

TEST_CASE("average pooling shares its gradient among the points inside the image") {
  Graph graph;
  const Value image = graph.input({1, 5, 4, 3});
  // One, two or four points of a window lie inside: exact fractions.
  const layer::AveragePool layer{WindowSpec::square(2, 1, Padding::fixed(1))};
  graph.layer("mean", layer, {image});
  Parameters<float> parameters;
  Tape<float> tape;
  FakeQuantEvaluator evaluator(tape, graph, parameters, Mode::train, {kIn, kIn},
                               find_target("cmsis-nn"));
  const Var x = tape.leaf(on_grid({2, 5, 4, 3}, kIn, 1));
  const Var y = evaluator(1, layer, std::vector<Var>{x});
  REQUIRE(tape.shape(y) == Shape{2, 6, 5, 3});
  const Tensor<float> d = cotangent(tape.shape(y));
  Tensor<float> expected(tape.shape(x));
  for (Index n = 0; n < 2; ++n)
    for (Index oy = 0; oy < 6; ++oy)
      for (Index ox = 0; ox < 5; ++ox)
        for (Index c = 0; c < 3; ++c) {
          std::vector<Index> inside;
          for (Index iy = oy - 1; iy <= oy; ++iy)
            for (Index ix = ox - 1; ix <= ox; ++ix)
              if (iy >= 0 && iy < 5 && ix >= 0 && ix < 4)
                inside.push_back(expected.offset(n, iy, ix, c));
          for (Index at : inside)
            expected[at] += d(n, oy, ox, c) / static_cast<float>(inside.size());
        }
  tape.backward(y, d);
  check_equal(tape.gradient(x), expected);
}
