// The operators beyond convolution, sum and pool through CMSIS-NN's interface.
#include <doctest/doctest.h>

#include "../support/cmsis_double.h"
#include "integrad/quant/export_cmsis.h"
#include "integrad/quant/random_model.h"

using namespace integrad;

namespace {

layer::TransposedConv2d transposed(Index channels, int kernel, int stride, int padding,
                                   std::int32_t output_padding = 0) {
  const Padding around{Padding::Kind::fixed, padding, padding, padding, padding};
  return {channels, window(kernel, kernel, stride, stride, around), output_padding, true,
          Activation::relu};
}

std::string refusal(Shape input, Layer layer) {
  const QGraph program = calibrated(one_layer(input, std::move(layer))).program();
  return message_of<Error>([&] { export_cmsis(program); });
}

}  // namespace

TEST_CASE("transposed convolution, both ways that CMSIS-NN computes it") {
  for (const Index channels : {5, 18}) {
    CAPTURE(channels);
    Graph graph;
    const Value x = graph.input({1, 5, 7, channels});
    graph.layer("k2s2", transposed(3, 2, 2, 0), {x});
    graph.layer("k3s2, one more", transposed(4, 3, 2, 1, 1), {x});
    graph.layer("k4s2", transposed(2, 4, 2, 1), {x});
    check_every_core(calibrated(graph));
  }
}

TEST_CASE("transposed convolutions that CMSIS-NN computes wrongly are refused") {
  // A stride beyond the kernel leaves rows at the end that the output does not have.
  const std::string message = refusal({1, 5, 7, 4}, transposed(4, 1, 2, 0));
  CHECK_MESSAGE(message.find("layer 'layer': CMSIS-NN's transposed convolution") == 0, message);
  CHECK_MESSAGE(
      message.find("from 5x7 to 9x13, kernel 1x1, stride 2x2, padding 0x0") != std::string::npos,
      message);
  CHECK(refusal({1, 5, 7, 17}, transposed(4, 1, 2, 0)).empty());  // becomes a convolution
  CHECK(refusal({1, 5, 7, 4}, transposed(4, 1, 2, 0, 1)).empty());
}

TEST_CASE("fully connected with sums of the weights on Helium, and softmax") {
  Graph graph;
  const Value x = graph.input({1, 3, 5, 2});
  const Value vector = graph.layer("vector", layer::Reshape{Shape{1, 30}}, {x});
  const Value hidden =
      graph.layer("hidden", layer::FullyConnected{9, true, Activation::relu}, {vector});
  const Value logits = graph.layer("logits", layer::FullyConnected{4, false}, {hidden});
  graph.layer("softmax", layer::Softmax{}, {logits});
  check_every_core(calibrated(graph));
  check_every_core(calibrated(one_layer({1, 4, 3, 5}, layer::Softmax{})));
}

TEST_CASE("concatenation, padding, and our kernels for what CMSIS-NN lacks") {
  Graph graph;
  const Value x = graph.input({1, 4, 6, 3});
  const Value a = graph.layer("a", layer::Conv2d{2, WindowSpec::square(1)}, {x});
  const Value b = graph.layer("b", layer::Conv2d{5, WindowSpec::square(1)}, {x});
  const Value all = graph.layer("all", layer::Concat{}, {a, b});
  const Value padded = graph.layer("padded", layer::Pad{1, 2, 0, 3}, {all});
  graph.layer("large", layer::Resize{layer::Resize::Method::bilinear, 8, 12}, {all});
  const Value small = graph.layer("small", layer::Slice{{1, 0, 2}, {3, 5, 4}}, {padded});
  const Value sigmoid =
      graph.layer("sigmoid", layer::Pointwise{layer::Pointwise::Function::sigmoid}, {small});
  graph.layer("swish", layer::Pointwise{layer::Pointwise::Function::hard_swish}, {small});
  graph.layer("difference", layer::Arithmetic{layer::Arithmetic::Function::sub}, {small, sigmoid});
  check_every_core(calibrated(graph));
}

TEST_CASE("random models of all operators through CMSIS-NN's interface") {
  int compared = 0;
  for (std::uint64_t number = 0; number < 12; ++number) {
    CAPTURE(number);
    const RandomModel random = random_model(5, number);
    const Target& target = rounding_targets()[number % rounding_targets().size()];
    const Graph& graph = random.model.graph;
    try {
      export_cmsis(lower(graph, random.model.parameters, random.quantizations, target));
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find("CMSIS-NN") != std::string::npos);
      continue;
    }
    const TemporaryFolder folder;
    VerifyOptions chosen = options(folder);
    chosen.optimizations = {number % 3 == 0 ? "-O1" : "-DARM_MATH_DSP"};
    Verifier verifier(random.model, random.quantizations, target, chosen);
    verifier.check(random_images(graph, 1, 5, number));
    CHECK(verifier.report().differences == 0);
    ++compared;
  }
  CHECK(compared >= 8);
}
