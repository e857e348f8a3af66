#include "integrad/quant/c/arith.h"

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

#include "integrad/tensor/random.h"

using namespace integrad;

// The definitions below are written from the mathematics, in integers wide enough never to
// overflow, and share no text with arith.h.
namespace {

__extension__ typedef __int128 Wide;

Wide power_of_two(int exponent) {
  Wide result = 1;
  for (int i = 0; i < exponent; ++i) result *= 2;
  return result;
}

Wide floor_divide(Wide numerator, Wide denominator) {
  const Wide quotient = numerator / denominator;
  return numerator % denominator < 0 ? quotient - 1 : quotient;
}

/// The member of the class of `value` modulo 2^32 that lies in [-2^31, 2^31).
std::int64_t residue(Wide value) {
  const Wide modulus = power_of_two(32);
  Wide rest = value - floor_divide(value, modulus) * modulus;
  if (rest >= modulus / 2) rest -= modulus;
  return static_cast<std::int64_t>(rest);
}

/// floor(numerator / denominator + 1/2)
Wide round_half_up(Wide numerator, Wide denominator) {
  return floor_divide(2 * numerator + denominator, 2 * denominator);
}

Wide round_half_away(Wide numerator, Wide denominator) {
  return numerator < 0 ? -round_half_up(-numerator, denominator)
                       : round_half_up(numerator, denominator);
}

std::int64_t exact_double(std::int32_t value, integrad_scale scale) {
  const Wide shifted = scale.shift > 0 ? residue(value * power_of_two(scale.shift)) : value;
  Wide high = round_half_up(shifted * scale.multiplier, power_of_two(31));
  if (high == power_of_two(31)) high -= 1;
  return static_cast<std::int64_t>(
      scale.shift < 0 ? round_half_away(high, power_of_two(-scale.shift)) : high);
}

std::int64_t exact_single(std::int32_t value, integrad_scale scale) {
  return residue(round_half_up(Wide{value} * scale.multiplier, power_of_two(31 - scale.shift)));
}

bool is_tie(std::int32_t value, integrad_scale scale) {
  const Wide denominator = power_of_two(31 - scale.shift);
  const Wide rest = Wide{value} * scale.multiplier * 2 % (2 * denominator);
  return rest == denominator || rest == -denominator;
}

std::vector<std::int32_t> edge_values() {
  std::vector<std::int32_t> values{0, std::numeric_limits<std::int32_t>::min(),
                                   std::numeric_limits<std::int32_t>::max()};
  for (int bit = 0; bit < 31; ++bit)
    for (const std::int64_t near : {-1, 0, 1})
      for (const std::int64_t factor : {1, 3}) {
        const std::int64_t value = factor * (std::int64_t{1} << bit) + near;
        if (value > std::numeric_limits<std::int32_t>::max()) continue;
        values.push_back(static_cast<std::int32_t>(value));
        values.push_back(static_cast<std::int32_t>(-value));
      }
  const Random random(7, 1);
  for (std::uint64_t i = 0; i < 64; ++i)
    values.push_back(static_cast<std::int32_t>(random.bits(i) >> (32 + i % 24)));
  return values;
}

std::vector<std::int32_t> edge_multipliers() {
  std::vector<std::int32_t> values{0,          1 << 30,    (1 << 30) + 1, 3 << 29,
                                   1518500250, 0x7fffff00, 2147483646,    2147483647};
  const Random random(7, 2);
  for (std::uint64_t i = 0; i < 16; ++i)
    values.push_back(static_cast<std::int32_t>((1u << 30) | (random.bits(i) >> 34)));
  return values;
}

}  // namespace

TEST_CASE("rescaling equals its definition for every shift, in both roundings") {
  const auto values = edge_values(), multipliers = edge_multipliers();
  std::int64_t wrong_double = 0, wrong_single = 0, ties = 0, negative_ties = 0, differ = 0;
  for (std::int32_t shift = -31; shift <= 30; ++shift)
    for (const std::int32_t multiplier : multipliers)
      for (const std::int32_t value : values) {
        const integrad_scale scale{multiplier, shift};
        const std::int64_t in_double = exact_double(value, scale);
        const std::int64_t in_single = exact_single(value, scale);
        wrong_double += integrad_rescale(value, scale, INTEGRAD_ROUNDING_DOUBLE) != in_double;
        wrong_single += integrad_rescale(value, scale, INTEGRAD_ROUNDING_SINGLE) != in_single;
        ties += is_tie(value, scale);
        negative_ties += is_tie(value, scale) && value < 0;
        differ += in_double != in_single;
      }
  CHECK(wrong_double == 0);
  CHECK(wrong_single == 0);
  // The grid means something only if it holds what the roundings differ in.
  CHECK(negative_ties > 1000);
  CHECK(ties > 2 * negative_ties - 1000);
  CHECK(differ > 1000);
}

TEST_CASE("the two roundings break ties as documented") {
  const integrad_scale half{1 << 30, 0}, eighth{1 << 30, -2};
  // One half: only the product is rounded, and both roundings send ties up.
  for (const auto rounding : {INTEGRAD_ROUNDING_DOUBLE, INTEGRAD_ROUNDING_SINGLE}) {
    CHECK(integrad_rescale(5, half, rounding) == 3);
    CHECK(integrad_rescale(-5, half, rounding) == -2);
  }
  // -12 / 8 = -1.5: the product is exact, the shift sends the tie away from zero; once-rounded it
  // goes up.
  CHECK(integrad_rescale(-12, eighth, INTEGRAD_ROUNDING_DOUBLE) == -2);
  CHECK(integrad_rescale(-12, eighth, INTEGRAD_ROUNDING_SINGLE) == -1);
  // 11 / 8 = 1.375: the product rounds to 6, and 6 / 4 is a tie that did not exist before.
  CHECK(integrad_rescale(11, eighth, INTEGRAD_ROUNDING_DOUBLE) == 2);
  CHECK(integrad_rescale(11, eighth, INTEGRAD_ROUNDING_SINGLE) == 1);
}

TEST_CASE("the product of two minus ones saturates; nothing else does") {
  const std::int32_t least = std::numeric_limits<std::int32_t>::min();
  CHECK(integrad_multiply_high(least, least) == std::numeric_limits<std::int32_t>::max());
  CHECK(integrad_multiply_high(least, least + 1) == std::numeric_limits<std::int32_t>::max());
  CHECK(integrad_multiply_high(least, 1 << 30) == -(1 << 30));
  CHECK(integrad_saturating_shift_left(1 << 30, 1) == std::numeric_limits<std::int32_t>::max());
  CHECK(integrad_saturating_shift_left(-(1 << 30), 1) == least);
  CHECK(integrad_saturating_shift_left(-(1 << 30), 2) == least);
}

TEST_CASE("requantising adds the zero point modulo 2^32 and then clamps") {
  const integrad_scale one{1 << 30, 1};
  CHECK(integrad_requantize(100, one, INTEGRAD_ROUNDING_DOUBLE, 20, -128, 127) == 120);
  CHECK(integrad_requantize(100, one, INTEGRAD_ROUNDING_DOUBLE, 28, -128, 127) == 127);
  CHECK(integrad_requantize(-100, one, INTEGRAD_ROUNDING_DOUBLE, -3, -3, 127) == -3);
  CHECK(integrad_requantize_unclamped(-100, one, INTEGRAD_ROUNDING_DOUBLE, -3) == -103);
  // 2^30 in single rounding stays 2^30; with 2^30 more it would be 2^31, which wraps.
  const std::int32_t large = std::numeric_limits<std::int32_t>::max();
  CHECK(integrad_requantize_unclamped(large, one, INTEGRAD_ROUNDING_SINGLE, 1) ==
        std::numeric_limits<std::int32_t>::min());
}

TEST_CASE("an average is rounded half away from zero") {
  for (std::int32_t count = 1; count <= 12; ++count)
    for (std::int32_t sum = -300; sum <= 300; ++sum) {
      CAPTURE(count);
      CAPTURE(sum);
      REQUIRE(integrad_rounded_average(sum, count) ==
              static_cast<std::int32_t>(round_half_away(sum, count)));
    }
}
