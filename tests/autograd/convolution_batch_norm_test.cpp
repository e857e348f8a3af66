#include "integrad/autograd/ops/convolution_batch_norm.h"

#include <doctest/doctest.h>

#include "integrad/autograd/ops/activations.h"
#include "integrad/autograd/ops/arithmetic.h"
#include "integrad/autograd/ops/conv2d.h"
#include "integrad/autograd/ops/depthwise_conv2d.h"
#include "integrad/autograd/ops/max_pool2d.h"
#include "integrad/autograd/ops/resize2d.h"
#include "integrad/tests/support/kernel_cases.h"
#include "integrad/tests/support/rounding.h"
#include "integrad/tests/support/tensors.h"

using namespace integrad;
using namespace integrad::testing;

namespace {

struct Layer {
  WindowSpec window;
  Index out = 0;  // 0: depthwise
  bool relu = true, biased = false;
};

// What a chain of layers computes: its value, the gradients of all leaves, the running statistics.
std::vector<Tensor<float>> run(bool fused, Storage storage, const Shape& image,
                               const std::vector<Layer>& layers, std::uint64_t seed,
                               bool image_wants_gradient = true) {
  Tape<float> tape(storage);
  const Tensor<float> pixels = normal_tensor<float>(image, seed);
  Var x = image_wants_gradient ? tape.leaf(pixels) : tape.constant(pixels);
  std::vector<Var> leaves;
  if (image_wants_gradient) leaves.push_back(x);
  std::vector<BatchNormState<float>> running;
  running.reserve(layers.size());
  const auto leaf = [&](Shape shape) {
    leaves.push_back(tape.leaf(normal_tensor<float>(shape, ++seed)));
    return leaves.back();
  };
  for (const Layer& l : layers) {
    const Index in = tape.shape(x).channels(), out = l.out == 0 ? in : l.out;
    const Var filter = leaf({l.out == 0 ? 1 : out, l.window.kernel_y, l.window.kernel_x, in});
    const Var bias = l.biased ? leaf({out}) : Var{}, gamma = leaf({out}), beta = leaf({out});
    running.emplace_back(out);
    if (fused) {
      const Normalization<float> norm{gamma, beta, running.back(), {}, l.relu};
      x = l.out == 0 ? depthwise_conv2d_batch_norm(tape, x, filter, bias, l.window, norm)
                     : conv2d_batch_norm(tape, x, filter, bias, l.window, 1, norm);
    } else {
      x = plain(tape, x);
      x = l.out == 0 ? depthwise_conv2d(tape, x, filter, bias, l.window)
                     : conv2d(tape, x, filter, bias, l.window, 1);
      if (storage == Storage::bfloat16) x = plain(tape, x, true);
      x = batch_norm(tape, x, gamma, beta, running.back());
      if (l.relu) x = relu(tape, x);
      if (storage == Storage::bfloat16) x = with_rounded_gradient(tape, x);
    }
  }
  std::vector<Tensor<float>> results{tape.value(x)};
  tape.backward(x, normal_tensor<float>(tape.shape(x), ++seed));
  for (Var v : leaves) results.push_back(tape.gradient(v));
  for (const auto& state : running) {
    results.push_back(state.mean);
    results.push_back(state.variance);
  }
  return results;
}

void check_same(const Shape& image, const std::vector<Layer>& layers, std::uint64_t seed,
                bool image_wants_gradient = true) {
  const Settings settings;
  for (const Storage storage : {Storage::full, Storage::bfloat16}) {
    CAPTURE(static_cast<int>(storage));
    const auto expected = run(false, storage, image, layers, seed, image_wants_gradient);
    for_each_isa(seed, [&] {
      const auto results = run(true, storage, image, layers, seed, image_wants_gradient);
      REQUIRE(results.size() == expected.size());
      for (std::size_t i = 0; i < results.size(); ++i) {
        CAPTURE(i);
        CHECK(same_bits(results[i], expected[i]));
      }
    });
  }
}

const WindowSpec kThree = WindowSpec::square(3, 1, Padding::same()), kOne = WindowSpec::square(1);

}  // namespace

TEST_CASE("a fused convolution has the bits of convolution, batch norm and ReLU") {
  std::uint64_t seed = 100;
  for (const Index in : {1, 3, 16, 33})
    for (const Index out : {0, 1, 5, 16, 40})
      for (const bool relu : {false, true}) {
        CAPTURE(in);
        CAPTURE(out);
        check_same({2, 7, 9, in}, {{kThree, out, relu, relu}}, seed += 10);
        check_same({1, 5, 4, in}, {{kOne, out, relu, !relu}}, seed += 10, relu);
      }
}

TEST_CASE("fused layers that read one another's maps have the bits of separate ones") {
  // The block of Q-Segment, on images of several bands.
  for (const Shape& image : {Shape{2, 40, 24, 3}, Shape{3, 150, 8, 16}, Shape{1, 8, 70, 5},
                             Shape{1, 3, 300, 5}}) {  // rows of several pieces
    CAPTURE(image);
    check_same(image, {{kThree, 16}, {kOne, 16, false}, {kThree, 0}}, 900);
    check_same(image, {{kThree, 20}, {kThree, 0, false, true}, {kThree, 7}}, 950, false);
  }
}

TEST_CASE("fused layers of any window have the bits of separate ones") {
  Draw draw(5);
  for (std::uint64_t i = 0; i < 60; ++i) {
    const WindowSpec first = draw.window();
    WindowSpec second = draw.window();
    second.padding = Padding::same();  // which fits whatever the first leaves
    CAPTURE(first);
    CAPTURE(second);
    const Index out = draw.below(3) == 0 ? 0 : 1 + draw.below(20);
    const Shape image{1 + draw.below(3), 24 + draw.below(12), 24 + draw.below(12),
                      1 + draw.below(18)};
    check_same(image, {{first, out, draw.below(2) == 0}, {second, draw.below(2) * 6}},
               2000 + 20 * i, draw.below(2) == 0);
  }
}

TEST_CASE("readers that know nothing of maps see the mapped value, and several share it") {
  const auto chain = [](bool fused) {
    Tape<float> tape;
    const Var x = tape.leaf(normal_tensor<float>({2, 9, 6, 4}, 1));
    const Var filter = tape.leaf(normal_tensor<float>({4, 3, 3, 4}, 2));
    const Var gamma = tape.leaf(normal_tensor<float>({4}, 3));
    const Var beta = tape.leaf(normal_tensor<float>({4}, 4));
    BatchNormState<float> running(4);
    Var z;
    if (fused) {
      z = conv2d_batch_norm(tape, x, filter, Var{}, kThree, 1, {gamma, beta, running, {}, true});
      CHECK(tape.map(z) != nullptr);
      CHECK_FALSE(same_bits(tape.stored(z).full(), tape.value(z)));
    } else {
      z = relu(tape,
               batch_norm(tape, conv2d(tape, x, filter, Var{}, kThree, 1), gamma, beta, running));
    }
    const Var again = conv2d(tape, z, filter, Var{}, kThree, 1);
    const Var pooled = max_pool2d(tape, z, WindowSpec::square(3, 2, Padding::same())).y;
    const Var three = add(tape, add(tape, z, again), sub(tape, z, z));
    const Var y = add(tape, mul(tape, three, z), resize_nearest2d(tape, pooled, 9, 6, {}));
    std::vector<Tensor<float>> results{tape.value(y)};
    tape.backward(y, normal_tensor<float>(tape.shape(y), 5));
    for (Var v : {x, filter, gamma, beta}) results.push_back(tape.gradient(v));
    return results;
  };
  const auto fused = chain(true), separate = chain(false);
  for (std::size_t i = 0; i < fused.size(); ++i) CHECK(same_bits(fused[i], separate[i]));
}

TEST_CASE("a fused convolution says why it refuses, in the words of its parts") {
  Tape<float> tape;
  const Var x = tape.constant(Tensor<float>(Shape{1, 4, 4, 3}));
  const Var filter = tape.constant(Tensor<float>(Shape{5, 3, 3, 3}));
  const Var five = tape.constant(Tensor<float>(Shape{5})),
            two = tape.constant(Tensor<float>(Shape{2}));
  BatchNormState<float> running(5);
  const auto convolve = [&](Var bias, Var gamma, const WindowSpec& window) {
    conv2d_batch_norm(tape, x, filter, bias, window, 1, {gamma, five, running, {}, true});
  };
  CHECK_THROWS_WITH_AS(convolve(two, five, kThree), "convolution needs a bias of shape [5]", Error);
  CHECK_THROWS_WITH_AS(convolve(five, two, kThree),
                       "batch normalisation needs gamma and beta of shape [5]; got [2] and [5]",
                       Error);
  CHECK_THROWS_WITH_AS(
      convolve(five, five, WindowSpec::square(3, 2)),
      "batch normalisation trains on at least two values per channel; got [1,1,1,5]", Error);
}
