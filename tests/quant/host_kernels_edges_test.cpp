// The ends of what the integer kernels in vector registers take, against plain loops.
#include <doctest/doctest.h>

#include <algorithm>

#include "../support/int8_conv_case.h"

using namespace integrad;
using namespace integrad::testing;

TEST_CASE("the largest sums of floats, and the first that are larger") {
  const WindowSpec w = WindowSpec::square(3, 1, Padding::same());
  const auto extreme = [](ConvCase& c, std::int8_t code, std::int8_t weight) {
    c.zero_point = code < 0 ? 127 : -128;
    std::ranges::fill(c.codes, code);
    std::ranges::fill(c.weights, weight);
    check_every_isa(1, c.sums(), [&](std::int32_t* output) { return c.run_sums(output); });
  };
  for (const std::int8_t code : {std::int8_t{-128}, std::int8_t{127}})
    for (const std::int8_t weight : {std::int8_t{-128}, std::int8_t{127}}) {
      // A float holds each whole number up to 2^24.
      constexpr std::int32_t kMost = (1 << 24) - 9 * 255 * 128;
      for (const std::int32_t size : {kMost, kMost + 1, (1 << 24) + 1})
        for (const std::int32_t bias : {size, -size}) {
          Draw draw(3);
          ConvCase c(draw, w, 3, 24, 16, 16, true, Scales::usual);
          c.bias.assign(16, bias);
          extreme(c, code, weight);
        }
    }
}

TEST_CASE("layers whose rows of floats would be too large take another kernel") {
  WindowSpec w = WindowSpec::square(3, 1, Padding::same());
  w.dilation_y = w.dilation_x = 36;
  for (const Isa isa : available_isas()) {
    const Settings settings;
    set_isa(isa);
    CAPTURE(name(isa));
    Draw draw(5);
    const ConvCase c(draw, w, 60, 60, 2048, 2048, true, Scales::usual);
    CHECK((kernels::int8::depthwise_layer(c.depthwise(), c.weights.data(), c.bias_data(),
                                          kernels::int8::RowResult::sums) != nullptr) ==
          (kernels::int8::int8_kernels() != nullptr));
  }
}

TEST_CASE("layers that leave the right of the image unread") {
  const WindowSpec w = WindowSpec::square(3, 1, Padding::same());
  for (const bool depthwise : {false, true})
    for (const Index channels : {3, 16, 24}) {
      CAPTURE(depthwise);
      CAPTURE(channels);
      Draw draw(4);
      ConvCase c(draw, w, 4, 60, channels, channels, depthwise, Scales::usual);
      c.to.width -= 41;
      check(c, 1);
    }
}

TEST_CASE("layers of one tap of every width, with whole groups of channels and without") {
  const WindowSpec w = WindowSpec::square(1);
  for (Index width = 1; width <= 45; ++width)
    for (const Index inputs : {4, 16, 18, 36}) {  // 18: no whole groups of four
      CAPTURE(width);
      CAPTURE(inputs);
      Draw draw(static_cast<std::uint64_t>(width));
      for (const Index outputs : {16, 32, 33})
        check(ConvCase(draw, w, 3, width, inputs, outputs, false, Scales::usual), 5);
    }
}
