#include "integrad/autograd/tape_profile.h"

#include <doctest/doctest.h>

#include <string>

#include "integrad/autograd/ops/activations.h"
#include "integrad/autograd/ops/arithmetic.h"
#include "integrad/autograd/ops/conv2d.h"
#include "integrad/autograd/ops/convolution_batch_norm.h"
#include "integrad/autograd/ops/depthwise_conv2d.h"
#include "integrad/autograd/ops/reduce.h"
#include "integrad/autograd/ops/transposed_conv2d.h"

using namespace integrad;

namespace {

const WindowSpec kThree = WindowSpec::square(3, 1, Padding::same());

// The profile of what `build(tape)` records and, from its last value, of the way back.
template <class Build>
TapeProfile profile_of(Build build) {
  TapeProfile profile;
  Tape<float> tape;
  tape.profile_into(&profile);
  const Var y = build(tape);
  tape.backward(y, Tensor<float>(tape.shape(y), 1.0f));
  REQUIRE(static_cast<int>(profile.nodes.size()) == tape.size());
  return profile;
}

}  // namespace

TEST_CASE("a profile names each operator, its operands and its times") {
  const TapeProfile profile = profile_of([](Tape<float>& tape) {
    const Var x = tape.constant(Tensor<float>({1, 64, 64, 8}, 0.5f));
    const Var w = tape.leaf(Tensor<float>({8, 3, 3, 8}, 0.1f));
    return sum(tape, relu(tape, conv2d(tape, x, w, Var{}, kThree)));
  });
  REQUIRE(profile.nodes.size() == 5);
  const char* operations[] = {"constant", "leaf", "conv2d", "relu", "sum"};
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(std::string(profile.nodes[i].operation) == operations[i]);
    CHECK(profile.nodes[i].forward >= 0);
    CHECK((profile.nodes[i].backward > 0) == (i >= 2));  // leaves have no way back
  }
  const TapeProfile::Node& convolution = profile.nodes[2];
  CHECK(convolution.forward > 0);
  CHECK(convolution.shape == Shape{1, 64, 64, 8});
  REQUIRE(convolution.inputs.size() == 2);
  CHECK(convolution.inputs[1].shape == Shape{8, 3, 3, 8});
  CHECK_FALSE(convolution.inputs[0].needs_gradient);
  CHECK(convolution.inputs[1].needs_gradient);
}

TEST_CASE("a tape that is not profiled any more writes nothing") {
  TapeProfile profile;
  Tape<float> tape;
  tape.profile_into(&profile);
  const Var x = tape.leaf(Tensor<float>({2}, 1.0f));
  tape.profile_into(nullptr);
  tape.backward(sum(tape, x));
  CHECK(profile.nodes.size() == 1);
  CHECK(profile.nodes[0].backward == 0);
}

TEST_CASE("costs of convolutions: all products, every operand once") {
  const Tensor<float> x({2, 5, 6, 4}, 1.0f), bias({8}, 1.0f);
  const auto last = [](const TapeProfile& profile) { return profile.nodes.back(); };
  SUBCASE("plain, for image and filter") {
    const auto node = last(profile_of([&](Tape<float>& tape) {
      const Var w = tape.leaf(Tensor<float>({8, 3, 3, 4}, 1.0f));
      return conv2d(tape, tape.leaf(x), w, tape.leaf(bias), kThree);
    }));
    const double macs = 2 * 5 * 6 * 8 * 9 * 4, in = 240, filter = 288, out = 480;
    CHECK(forward_cost(node).flop == 2 * macs);
    CHECK(forward_cost(node).bytes_read == 4 * (in + filter + 8));
    CHECK(forward_cost(node).bytes_written == 4 * out);
    CHECK(backward_cost(node).flop == 4 * macs);
    CHECK(backward_cost(node).bytes_read == 4 * (out + in + filter + 8));
    CHECK(backward_cost(node).bytes_written == 4 * (in + filter + 8));
  }
  SUBCASE("plain, of an image that needs no gradient") {
    const auto node = last(profile_of([&](Tape<float>& tape) {
      const Var w = tape.leaf(Tensor<float>({8, 3, 3, 4}, 1.0f));
      return conv2d(tape, tape.constant(x), w, tape.leaf(bias), kThree);
    }));
    CHECK(backward_cost(node).flop == forward_cost(node).flop);
    CHECK(backward_cost(node).bytes_written == 4 * (288 + 8));
  }
  SUBCASE("depthwise") {
    const auto node = last(profile_of([&](Tape<float>& tape) {
      const Var w = tape.leaf(Tensor<float>({1, 3, 3, 8}, 1.0f));
      return depthwise_conv2d(tape, tape.leaf(x), w, Var{}, kThree);
    }));
    CHECK(forward_cost(node).flop == 2 * 2 * 5 * 6 * 8 * 9);
  }
  SUBCASE("transposed") {
    const auto node = last(profile_of([&](Tape<float>& tape) {
      const Var w = tape.leaf(Tensor<float>({3, 2, 2, 4}, 1.0f));
      return transposed_conv2d(tape, tape.leaf(x), w, Var{}, WindowSpec::square(2, 2));
    }));
    CHECK(forward_cost(node).flop == 2 * 2 * 5 * 6 * 4 * 4 * 3);
  }
}

TEST_CASE("costs of element-wise operators are what they move") {
  const TapeProfile profile = profile_of([](Tape<float>& tape) {
    const Var x = tape.leaf(Tensor<float>({10}, 1.0f));
    return mul(tape, x, add(tape, x, x));
  });
  const OperatorCost product = backward_cost(profile.nodes[2]);
  const OperatorCost sum = backward_cost(profile.nodes[1]);
  CHECK(forward_cost(profile.nodes[2]).bytes_read == 80);
  CHECK(product.flop == 0);
  CHECK(product.bytes_read == 120);  // the cotangent and both factors
  CHECK(product.bytes_written == 80);
  CHECK(sum.bytes_read == 40);                               // the cotangent alone
  CHECK(forward_cost(profile.nodes[0]).bytes_written == 0);  // a leaf
}

TEST_CASE("a convolution with its batch norm costs a convolution and two maps the way back") {
  const TapeProfile profile = profile_of([](Tape<float>& tape) {
    const Var x = tape.leaf(Tensor<float>({1, 8, 8, 4}, 0.5f));
    const Var w = tape.leaf(Tensor<float>({16, 3, 3, 4}, 0.1f));
    const Var gamma = tape.leaf(Tensor<float>({16}, 1.0f));
    const Var beta = tape.leaf(Tensor<float>({16}));
    BatchNormState<float> running(16);
    return conv2d_batch_norm(tape, x, w, Var{}, kThree, 1, {gamma, beta, running, {}, true});
  });
  const TapeProfile::Node& node = profile.nodes.back();
  const double map = 8 * 8 * 4, filter = 16 * 9 * 4, parameters = filter + 2 * 16, y = 8 * 8 * 16;
  const OperatorCost forward = forward_cost(node), backward = backward_cost(node);
  CHECK(forward.flop == 2 * 8 * 8 * filter);
  CHECK(forward.bytes_read == 4 * (map + parameters));
  CHECK(forward.bytes_written == 4 * y);
  CHECK(backward.flop == 2 * forward.flop);
  CHECK(backward.bytes_read == 4 * (2 * y + map + parameters));  // the cotangent and y itself
  CHECK(backward.bytes_written == 4 * (map + parameters));
}
