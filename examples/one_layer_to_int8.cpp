// From a float convolution to a microcontroller's integers: the constants that lowering computes,
// one output's arithmetic digit by digit, and the training-time forward pass, which has the same
// codes.
#include <cmath>
#include <cstdio>

#include "integrad/nn/interpreter.h"
#include "integrad/quant/fake_quant.h"
#include "integrad/quant/observer.h"
#include "integrad/quant/runner.h"
#include "integrad/tensor/random.h"

using namespace integrad;

namespace {

Tensor<float> draw_image() {
  Tensor<float> image(Shape{1, 8, 8, 2});
  const Random random(7, 1);
  for (Index i = 0; i < image.size(); ++i)
    image[i] = static_cast<float>(random.below(static_cast<std::uint64_t>(i), 256)) / 255.0f;
  return image;
}

// Where each layer's values lie, as codes of 8 bits: from one float forward pass.
std::vector<Quantization> calibrate(const Graph& graph, Parameters<float>& parameters,
                                    const Tensor<float>& image) {
  Tape<float> tape;
  FloatEvaluator<float> evaluator(tape, graph, parameters, Mode::evaluate);
  const auto values = interpret(tape, graph, tape.constant(image), evaluator);
  RangeObserver observer(graph, {});
  for (int id = 0; id < graph.size(); ++id)
    observer.observe(id, tape.value(values[static_cast<std::size_t>(id)]));
  return observer.quantizations();
}

// Output (y, x, channel) of a 3x3 convolution without padding, as the integer kernel computes it.
std::int8_t compute_by_hand(const quantized::Conv2d& conv, const Tensor<std::int8_t>& input,
                            Index y, Index x, Index channel) {
  const integrad_conv kernel = conv.kernel();
  const LinearTables& tables = conv.tables;
  const integrad_scale scale = tables.scales[static_cast<std::size_t>(channel)];
  std::int32_t sum = tables.bias[static_cast<std::size_t>(channel)];
  std::printf("\noutput (%d, %d), channel %d:\n  start with the bias %d\n", static_cast<int>(y),
              static_cast<int>(x), static_cast<int>(channel), sum);
  for (Index ky = 0; ky < 3; ++ky)
    for (Index kx = 0; kx < 3; ++kx)
      for (Index c = 0; c < 2; ++c) {
        const std::int32_t code = input(0, y + ky, x + kx, c);
        const std::int32_t weight = tables.weight(channel, ky, kx, c);
        sum += (code - kernel.input_zero_point) * weight;
        if (ky == 0 && kx == 0)
          std::printf("  + (%d - %d) * %d\n", code, kernel.input_zero_point, weight);
      }
  std::printf("  ... 18 products give the sum %d\n", sum);
  const std::int32_t high = integrad_multiply_high(sum, scale.multiplier);
  std::printf("  times the multiplier, upper 31 bits rounded: %d\n", high);
  const std::int32_t rescaled = integrad_rounding_shift_right(high, -scale.shift);
  std::printf("  shifted right by %d, rounded: %d\n", -scale.shift, rescaled);
  const std::int32_t code = rescaled + kernel.stage.zero_point;
  std::printf("  plus the zero point %d: %d\n", kernel.stage.zero_point, code);
  const std::int32_t clamped = integrad_clamp(code, kernel.stage.low, kernel.stage.high);
  std::printf("  clamped to %d .. %d: %d\n", kernel.stage.low, kernel.stage.high, clamped);
  return static_cast<std::int8_t>(clamped);
}

}  // namespace

int main() {
  Graph graph;
  const Value x = graph.input({1, 8, 8, 2});
  graph.layer("conv", layer::Conv2d{4, WindowSpec::square(3), 1, true, Activation::relu}, {x});
  Parameters<float> parameters = initialize<float>(graph, 3);
  const Tensor<float> image = draw_image();
  const std::vector<Quantization> quantizations = calibrate(graph, parameters, image);
  const Target& target = find_target(kDefaultTarget);

  const QGraph program = lower(graph, parameters, quantizations, target);
  const auto& conv = std::get<quantized::Conv2d>(program.node(1).operation);
  const Quantization in = quantizations[0], out = quantizations[1];
  std::printf("input:  real = %.8f * (code - %d)\noutput: real = %.8f * (code - %d)\n",
              static_cast<double>(in.scale), in.zero_point, static_cast<double>(out.scale),
              out.zero_point);
  for (std::size_t o = 0; o < conv.tables.scales.size(); ++o) {
    const integrad_scale scale = conv.tables.scales[o];
    const auto weight_scale = static_cast<double>(conv.tables.weight_scales[o]);
    std::printf("channel %d: scale %.8f -> %.8f = %d * 2^(%d - 31)\n", static_cast<int>(o),
                weight_scale, std::ldexp(scale.multiplier, scale.shift - 31), scale.multiplier,
                scale.shift);
  }

  const Tensor<std::int8_t> input = quantize_image(program, image);
  const Tensor<std::int8_t> output = run(program, input).back();
  const bool hand_agrees = compute_by_hand(conv, input, 2, 3, 1) == output(0, 2, 3, 1);
  std::printf("the integer program says: %d\n", output(0, 2, 3, 1));

  Tape<float> tape;
  FakeQuantEvaluator evaluator(tape, graph, parameters, Mode::train, quantizations, target);
  const Var y = interpret(tape, graph, tape.constant(image), evaluator).back();
  const Tensor<std::int8_t> training = codes_of(tape.value(y), out);
  Index differences = 0;
  for (Index i = 0; i < output.size(); ++i) differences += training[i] != output[i] ? 1 : 0;
  std::printf("training-time forward: %d of %d codes differ from the integer program's\n",
              static_cast<int>(differences), static_cast<int>(output.size()));
  return hand_agrees && differences == 0 ? 0 : 1;
}
