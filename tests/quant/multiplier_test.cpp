#include "integrad/quant/multiplier.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "integrad/tensor/error.h"
#include "integrad/tensor/random.h"

using namespace integrad;

namespace {

/// The definition on the bits of a normal double: its 53-bit significand, rounded to 31 bits with
/// ties up.
integrad_scale from_bits(double real) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(real);
  const std::uint64_t fraction_mask = (std::uint64_t{1} << 52) - 1;
  const std::uint64_t significand = (bits & fraction_mask) | (std::uint64_t{1} << 52);
  // real = significand * 2^(exponent - 1075), which is (significand / 2^53) * 2^(exponent - 1022).
  std::int64_t shift = static_cast<std::int64_t>(bits >> 52) - 1022;
  std::uint64_t rounded = significand >> 22;
  if ((significand >> 21) & 1) ++rounded;
  if (rounded >> 31) {
    rounded >>= 1;
    ++shift;
  }
  if (shift < -31) return {0, 0};
  return {static_cast<std::int32_t>(rounded), static_cast<std::int32_t>(shift)};
}

bool operator==(integrad_scale a, integrad_scale b) {
  return a.multiplier == b.multiplier && a.shift == b.shift;
}

void check_scale(integrad_scale actual, std::int32_t multiplier, std::int32_t shift) {
  CHECK(actual.multiplier == multiplier);
  CHECK(actual.shift == shift);
}

}  // namespace

TEST_CASE("a real multiplier becomes the nearest mantissa of 31 bits") {
  check_scale(quantize_multiplier(0), 0, 0);
  check_scale(quantize_multiplier(1), 1 << 30, 1);
  check_scale(quantize_multiplier(0.5), 1 << 30, 0);
  check_scale(quantize_multiplier(0.75), 3 << 29, 0);
  // Half a unit of the last place above 1/2 rounds up; just below 1 rounds to 1.
  check_scale(quantize_multiplier(0.5 + std::ldexp(1, -32)), (1 << 30) + 1, 0);
  check_scale(quantize_multiplier(1 - std::ldexp(1, -32)), 1 << 30, 1);
  // The smallest that is kept, and what is lost; a number that rounds up to the smallest is kept.
  check_scale(quantize_multiplier(std::ldexp(1, -32)), 1 << 30, -31);
  check_scale(quantize_multiplier(std::ldexp(0.99, -32)), 0, 0);
  check_scale(quantize_multiplier(std::nextafter(std::ldexp(1, -32), 0)), 1 << 30, -31);
  check_scale(quantize_multiplier(std::numeric_limits<double>::denorm_min()), 0, 0);
  // Single rounding cannot shift left by more than 30.
  check_scale(quantize_multiplier(std::ldexp(1, 30)), 1 << 30, 31);
  check_scale(quantize_multiplier(std::ldexp(1, 30), INTEGRAD_ROUNDING_SINGLE), 2147483647, 30);

  const Random random(11, 0);
  int wrong = 0;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const int exponent = static_cast<int>(random.below(2 * i, 70)) - 36;
    double real = std::ldexp(1 + random.uniform(2 * i + 1), exponent);
    // Every fourth number has few significant bits, so that ties occur.
    if (i % 4 == 0) {
      const std::uint64_t kept = std::bit_cast<std::uint64_t>(real) >> 21 << 21;
      real = std::bit_cast<double>(kept);
    }
    wrong += !(quantize_multiplier(real) == from_bits(real));
  }
  CHECK(wrong == 0);
}

TEST_CASE("a multiplier that cannot be written is refused with its value") {
  CHECK_THROWS_WITH_AS(quantize_multiplier(-0.5),
                       "a multiplier must be finite and not negative; got -0.5", Error);
  CHECK_THROWS_AS(quantize_multiplier(std::numeric_limits<double>::infinity()), Error);
  CHECK_THROWS_AS(quantize_multiplier(std::nan("")), Error);
  CHECK_THROWS_WITH_AS(conv_scale(1, 0, 1), "a scale must be positive and finite; got 0", Error);
  CHECK_THROWS_AS(conv_scale(1, 1, std::nanf("")), Error);
  CHECK_THROWS_AS(conv_scale(std::ldexp(1.0f, 20), std::ldexp(1.0f, 20), 1), Error);
  CHECK_THROWS_AS(softmax_scale(1, std::ldexp(1.0f, -30)), Error);
  CHECK_THROWS_AS(logistic_scale(8.0f), Error);
}

TEST_CASE("convolution multiplies scales in double, the fully connected layer in float32") {
  int differ = 0;
  const Random random(12, 0);
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto input = static_cast<float>(random.uniform(3 * i, 0.001, 0.1));
    const auto weight = static_cast<float>(random.uniform(3 * i + 1, 0.001, 0.1));
    const auto output = static_cast<float>(random.uniform(3 * i + 2, 0.01, 0.1));
    const auto in = static_cast<double>(input), w = static_cast<double>(weight);
    CHECK(conv_scale(input, weight, output) == from_bits(in * w / static_cast<double>(output)));
    const volatile float product = input * weight;  // volatile: rounded to float32 for certain
    CHECK(fully_connected_scale(input, weight, output) ==
          from_bits(static_cast<double>(product) / static_cast<double>(output)));
    differ += !(conv_scale(input, weight, output) == fully_connected_scale(input, weight, output));
  }
  CHECK(differ > 100);
}

TEST_CASE("the sum's larger operand is only halved") {
  const AddScales scales = add_scales(0.25f, 0.125f, 0.5f);
  check_scale(scales.input1, 1 << 30, 0);
  check_scale(scales.input2, 1 << 30, -1);
  check_scale(scales.output, 1 << 30, -19);  // 2 * 0.25 / (2^20 * 0.5) = 2^-20
}
