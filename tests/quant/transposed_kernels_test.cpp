// Transposed convolutions in vector registers against the portable ones, byte for byte.
#include <doctest/doctest.h>

#include "../support/int8_cases.h"
#include "integrad/quant/kernels/fast.h"

using namespace integrad;
using namespace integrad::testing;
namespace int8 = integrad::kernels::int8;

namespace {

struct TransposedCase {
  TransposedCase(Draw& draw, std::int32_t width, std::int32_t inputs, std::int32_t outputs,
                 std::int32_t kernel_y, std::int32_t kernel_x)
      : stage(draw, outputs, draw.below(2) == 0 ? Scales::usual : Scales::extreme) {
    layer.input = {1 + draw.below(4), width, inputs};
    layer.output = {layer.input.height * kernel_y, width * kernel_x, outputs};
    layer.window_y = {kernel_y, kernel_y, 1, 0, 0};
    layer.window_x = {kernel_x, kernel_x, 1, 0, 0};
    layer.input_zero_point = random_zero_point(draw);
    layer.stage = stage.bound();
    codes = random_codes(draw, kBatch * elements(layer.input));
    weights = random_weights(draw, Index{outputs} * kernel_y * kernel_x * inputs);
    if (draw.below(4) != 0)
      for (std::int32_t o = 0; o < outputs; ++o) bias.push_back(draw.below(200000) - 100000);
  }

  const std::int32_t* bias_data() const { return bias.empty() ? nullptr : bias.data(); }

  std::vector<std::int8_t> expected() const {
    std::vector<std::int8_t> output(static_cast<std::size_t>(kBatch * elements(layer.output)));
    for (Index n = 0; n < kBatch; ++n)
      integrad_transposed_conv_rows(
          &layer, integrad_all_rows(codes.data() + n * elements(layer.input)), weights.data(),
          bias_data(), output.data() + n * elements(layer.output), 0, layer.output.height);
    return output;
  }
  bool run(std::int8_t* output) const {
    return int8::transposed_conv(layer, kBatch, codes.data(), weights.data(), bias_data(), output);
  }

  static constexpr Index kBatch = 2;
  RandomStage stage;
  integrad_transposed_conv layer;
  std::vector<std::int8_t> codes, weights;
  std::vector<std::int32_t> bias;
};

void check(const TransposedCase& c, std::uint64_t salt) {
  const std::vector<std::int8_t> expected = c.expected();
  for_each_isa(salt, [&] {
    GuardedCodes<std::int8_t> output(static_cast<Index>(expected.size()));
    const bool handled = c.run(output.data());
    CHECK(handled == (int8::int8_kernels() != nullptr));
    if (handled) CHECK(output.holds(expected));
  });
}

}  // namespace

TEST_CASE("transposed convolutions side by side give the portable kernels' bytes") {
  constexpr std::int32_t kChannels[] = {1, 2, 3, 4, 15, 16, 17, 33};
  for (int i = 0; i < 300; ++i) {
    Draw draw(static_cast<std::uint64_t>(i) + 1);
    const std::int32_t inputs = kChannels[draw.below(8)], outputs = kChannels[draw.below(8)];
    const std::int32_t width = 1 + draw.below(40), ky = 1 + draw.below(4), kx = 1 + draw.below(4);
    CAPTURE(i);
    CAPTURE(inputs);
    CAPTURE(outputs);
    CAPTURE(width);
    CAPTURE(kx);
    check(TransposedCase(draw, width, inputs, outputs, ky, kx), static_cast<std::uint64_t>(i));
  }
}

TEST_CASE("transposed 2x2 convolutions of one channel, of every width") {
  for (std::int32_t width = 1; width <= 64; ++width) {
    CAPTURE(width);
    Draw draw(static_cast<std::uint64_t>(width));
    check(TransposedCase(draw, width, 1, 1, 2, 2), 1);
  }
}

TEST_CASE("transposed convolutions whose windows overlap are left to the portable kernels") {
  Draw draw(5);
  TransposedCase c(draw, 8, 4, 4, 2, 2);
  std::vector<std::int8_t> output(
      static_cast<std::size_t>(TransposedCase::kBatch * elements(c.layer.output)));
  c.layer.window_x.kernel = 3;
  CHECK_FALSE(c.run(output.data()));
  c.layer.window_x = {2, 2, 1, 1, 0};
  CHECK_FALSE(c.run(output.data()));
  c.layer.window_x = {2, 2, 1, 0, 0};
  c.layer.output.height += 1;
  CHECK_FALSE(c.run(output.data()));
}
