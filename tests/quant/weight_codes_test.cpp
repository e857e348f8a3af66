#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "integrad/quant/lower.h"
#include "integrad/tensor/random.h"

using namespace integrad;

namespace {

constexpr Quantization kIn{0.02f, -3}, kOut{0.05f, 4};

// Five channels of very different sizes.
Tensor<float> drawn_weights() {
  Tensor<float> weight(Shape{5, 3, 3, 2});
  const Random random(8, 1);
  for (Index i = 0; i < weight.size(); ++i)
    weight[i] = static_cast<float>(random.uniform(static_cast<std::uint64_t>(i), -1, 1) *
                                   std::pow(2.0, static_cast<double>(-(i / 18))));
  return weight;
}

void check_nearest(const Tensor<float>& weight, const LinearTables& tables, int largest) {
  for (Index i = 0; i < weight.size(); ++i) {
    const float scale = tables.weight_scales[static_cast<std::size_t>(i / 18)];
    CHECK(std::abs(tables.weight[i]) <= largest);
    CHECK(std::fabs(static_cast<float>(tables.weight[i]) * scale - weight[i]) <= 0.5001f * scale);
  }
}

}  // namespace

TEST_CASE("weights become the nearest code of their channel's, or the layer's, scale") {
  const Tensor<float> weight = drawn_weights();
  for (const Target& target : targets()) {
    CAPTURE(target.name);
    const LinearTables tables =
        lower_linear(weight, nullptr, ChannelAxis::first, kIn, kOut, target.weights);
    check_nearest(weight, tables, target.weights.largest);
    const auto& scales = tables.weight_scales;
    CHECK(std::ranges::equal(scales, std::vector(5, scales[0])) == !target.weights.per_channel);
    int largest = 0;
    for (const std::int8_t code : tables.weight) largest = std::max(largest, std::abs(code));
    CHECK(largest == target.weights.largest);
  }
}

TEST_CASE("a layer's one scale suits the channel with the largest bias") {
  const Tensor<float> weight(Shape{2, 1, 1, 1}, 1e-6f);
  Tensor<float> bias(Shape{2});
  bias[1] = 1e4f;
  const LinearTables tables =
      lower_linear(weight, &bias, ChannelAxis::first, kIn, kOut, {127, false});
  CHECK(tables.weight_scales[0] == tables.weight_scales[1]);
  CHECK(std::abs(tables.bias[1]) < 1 << 28);
  CHECK(static_cast<double>(tables.bias[1]) * static_cast<double>(kIn.scale) *
            static_cast<double>(tables.weight_scales[1]) ==
        doctest::Approx(1e4).epsilon(1e-6));
}

TEST_CASE("the targets that differ in rounding alone come first") {
  CHECK(rounding_targets().size() == 2);
  for (const Target& target : rounding_targets()) {
    CHECK(target.weights.largest == 127);
    CHECK(target.weights.per_channel);
  }
  CHECK(rounding_targets()[0].rounding != rounding_targets()[1].rounding);
}
