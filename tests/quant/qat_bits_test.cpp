// A step of quantisation-aware training has the same bits in every instruction set and number of
// threads: codes, gradients and observed ranges.
#include <doctest/doctest.h>

#include "../support/int8_cases.h"
#include "integrad/nn/interpreter.h"
#include "integrad/quant/calibrate.h"
#include "integrad/quant/fake_quant.h"
#include "integrad/quant/fake_quant_kernels.h"
#include "integrad/tensor/kernels/conv2d.h"
#include "integrad/tensor/kernels/depthwise.h"

using namespace integrad;
using namespace integrad::testing;

namespace {

struct Step {
  std::vector<Tensor<float>> values, gradients;
  std::vector<Range> observed;
};

// Random values, the first of them on the grid of codes.
Tensor<float> pixels(const Shape& shape) {
  const Random random(41, 1);
  Tensor<float> values = Tensor<float>::uninitialized(shape);
  for (Index i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(random.below(static_cast<std::uint64_t>(i), 256)) / 255.0f;
  return values;
}

Step step(const Graph& graph, Parameters<float> parameters,
          const std::vector<Quantization>& quantizations, const Tensor<float>& image) {
  Tape<float> tape;
  FakeQuantEvaluator evaluator(tape, graph, parameters, Mode::train, quantizations,
                               find_target(kDefaultTarget));
  const auto nodes = interpret(tape, graph, tape.constant(image), evaluator);
  Step result;
  for (Var node : nodes) result.values.push_back(tape.value(node));
  tape.backward(nodes.back(), kernel_values<float>(tape.shape(nodes.back()), 5));
  for (Var parameter : evaluator.parameter_values())
    result.gradients.push_back(tape.gradient(parameter));
  result.observed = evaluator.observed();
  return result;
}

void check_same(const std::vector<Tensor<float>>& got, const std::vector<Tensor<float>>& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    REQUIRE(got[i].shape() == expected[i].shape());
    CHECK(first_difference(got[i], expected[i]) == -1);
  }
}

void check_every_isa(const Graph& graph, const Parameters<float>& parameters, Index batch) {
  const Tensor<float> image = pixels(graph.input_shape().with(0, batch));
  std::vector<Quantization> quantizations = quantizations_on({graph, parameters}, image);
  // Narrower than the values, so that codes saturate at both ends.
  for (std::size_t i = 1; i < quantizations.size(); ++i) quantizations[i].scale *= 0.6f;
  const auto classes = quantizer_classes(graph);
  for (std::size_t i = 0; i < classes.size(); ++i)
    quantizations[i] = quantizations[static_cast<std::size_t>(classes[i])];
  const Settings settings;
  set_isa(Isa::baseline);
  const Step expected = step(graph, parameters, quantizations, image);
  for (Isa isa : available_isas())
    for (int count : {1, 3}) {
      CAPTURE(name(isa));
      CAPTURE(count);
      set_isa(isa);
      set_threads(count);
      const Step got = step(graph, parameters, quantizations, image);
      check_same(got.values, expected.values);
      check_same(got.gradients, expected.gradients);
      for (std::size_t i = 0; i < got.observed.size(); ++i) {
        CHECK(got.observed[i].low == expected.observed[i].low);
        CHECK(got.observed[i].high == expected.observed[i].high);
      }
    }
}

}  // namespace

TEST_CASE("a convolution's gradients are the plain ones of decoded codes and masked cotangents") {
  constexpr Index kChannels[] = {1, 3, 8, 15, 16, 17, 33};
  using kernels::Convolution;
  for (int i = 0; i < 60; ++i) {
    CAPTURE(i);
    Draw draw(static_cast<std::uint64_t>(i) + 1);
    const bool full = draw.below(2) == 0;
    WindowSpec w = draw.window();
    if (draw.below(2) == 0) w.stride_y = w.stride_x = 1;
    const Index in = kChannels[draw.below(7)], out = full ? kChannels[draw.below(7)] : in;
    const Shape image{2, draw.height(w, 9), draw.width(w, 24), in};
    const Tensor<float> weight =
        kernel_values<float>({full ? out : 1, w.kernel_y, w.kernel_x, in}, 1);
    const ConvGeometry g = full ? conv2d_geometry(image, weight.shape(), w, 1)
                                : depthwise_geometry(image, weight.shape(), w);
    const CodeMap x({image, random_codes(draw, image.elements())}, {0.013f, -7});
    const Tensor<float> d = kernel_values<float>(g.output(), 2);
    Passes passes(g.output());
    Tensor<float> masked = d;
    const Index size = passes.lines().size();
    for (Index line = 0; line < passes.lines().count; ++line) {
      kernels::int8::BitWriter bits(passes.line(line));
      for (Index k = 0; k < size; ++k) {
        const bool passed = draw.below(3) != 0;
        bits.put(passed);
        if (!passed) masked[line * size + k] = 0;
      }
      bits.finish();
    }
    const Tensor<float> before = kernel_values<float>(image, 3), real = x.decode();
    Tensor<float> dx(image), dweight(weight.shape()), dbias({g.out_channels});
    namespace reference = kernels::reference;
    (full ? reference::conv2d_input_gradient<float>
          : reference::depthwise_input_gradient<float>)(g, masked.data(), weight.data(), dx.data());
    (full ? reference::conv2d_filter_gradient<float>
          : reference::depthwise_filter_gradient<float>)(g, real.data(), masked.data(),
                                                         dweight.data(), dbias.data());
    for (Index k = 0; k < dx.size(); ++k) dx[k] = before[k] + dx[k];
    for_each_isa(static_cast<std::uint64_t>(i), [&] {
      Guarded got(dx.size()), got_weight(dweight.size()), got_bias(dbias.size());
      fake_quant::convolution_gradients(full ? Convolution::full : Convolution::depthwise, g, x,
                                        weight, d, passes, {{got.values.data()}, {before.data()}},
                                        got_weight.values.data(), got_bias.values.data());
      CHECK(got.holds(dx));
      CHECK(got_weight.holds(dweight));
      CHECK(got_bias.holds(dbias));
    });
  }
}

TEST_CASE("a network with every kind of fused layer") {
  Graph g;
  const WindowSpec three = WindowSpec::square(3, 1, Padding::same()), point{};
  const auto conv = [&](const char* name, Value x, Index channels, const WindowSpec& w,
                        Activation activation) {
    return g.layer(name, layer::Conv2d{channels, w, 1, true, activation}, {x});
  };
  const auto sum = [&](const char* name, Value a, Value b) {
    return g.layer(name, layer::Arithmetic{layer::Arithmetic::Function::add}, {a, b});
  };
  const Value image = g.input({1, 12, 22, 3});
  const Value first = conv("first", image, 16, three, Activation::relu);
  const Value second = conv("second", first, 16, point, Activation::none);
  const Value deep =
      g.layer("deep", layer::DepthwiseConv2d{three, 1, true, Activation::relu6}, {second});
  const Value merged = sum("merged", deep, conv("side", image, 16, point, Activation::none));
  const Value pool = g.layer("pool", layer::MaxPool{WindowSpec::square(2, 2)}, {merged});
  const Value wide = conv("wide", pool, 33, three, Activation::relu);
  const Value narrow = conv("narrow", wide, 16, point, Activation::none);
  const Value up = g.max_unpool("up", narrow, pool);
  conv("head", sum("skip", up, first), 1, three, Activation::none);
  check_every_isa(g, initialize<float>(g, 3), 2);
}

TEST_CASE("convolutions of random windows and channels") {
  constexpr Index kChannels[] = {1, 3, 8, 15, 16, 17, 33};
  constexpr Activation kActivations[] = {Activation::none, Activation::relu, Activation::relu6};
  for (int i = 0; i < 40; ++i) {
    CAPTURE(i);
    Draw draw(static_cast<std::uint64_t>(i) + 1);
    const WindowSpec w = draw.window();
    CAPTURE(w);
    const Index in = kChannels[draw.below(7)], out = kChannels[draw.below(7)];
    Graph g;
    const Value image = g.input({1, draw.height(w, 6), draw.width(w, 24), in});
    // A gradient for the input of the second layer, too.
    const Value x = g.layer("point", layer::Conv2d{in, WindowSpec{}}, {image});
    const Activation activation = kActivations[draw.below(3)];
    if (draw.below(2) == 0)
      g.layer("deep", layer::DepthwiseConv2d{w, 1 + draw.below(2), true, activation}, {x});
    else
      g.layer("full", layer::Conv2d{out, w, 1, draw.below(2) == 0, activation}, {x});
    check_every_isa(g, initialize<float>(g, static_cast<std::uint64_t>(i)), 2);
  }
}

// Wide enough for Winograd's sums, which are not exact: an instruction set without integer kernels
// must not take them.
TEST_CASE("sums of rows and channels that a float convolution would not take one by one") {
  Graph g;
  const Value image = g.input({1, 3, 18, 16});
  g.layer("full", layer::Conv2d{16, WindowSpec::square(3, 1, Padding::same())}, {image});
  check_every_isa(g, initialize<float>(g, 1), 2);
}

TEST_CASE("sums that are not exact in floats") {
  Graph g;
  const Value image = g.input({1, 4, 9, 64});
  g.layer("full", layer::Conv2d{17, WindowSpec::square(3, 1, Padding::same())}, {image});
  Parameters<float> parameters = initialize<float>(g, 1);
  parameters.at("full/weight").fill(1);
  const LinearTables tables = lower_linear(parameters.at("full/weight"), nullptr,
                                           ChannelAxis::first, kImageQuantization, {1, 0});
  REQUIRE_FALSE(fake_quant::sums_fit_float(tables));
  check_every_isa(g, parameters, 1);
}
