#include "integrad/tensor/random.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

using namespace integrad;

using Words = std::array<std::uint32_t, 4>;

// Random123's kat_vectors, philox4x32 with 10 rounds. The key is the seed and the counter is
// (index, stream), the low word first in each pair.
TEST_CASE("known answers of Philox 4x32-10") {
  CHECK(Random(0, 0).words(0) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  CHECK(Random(kOnes, kOnes).words(kOnes) == Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  // Digits of pi: all words differ, so that no two can be exchanged.
  CHECK(Random(0x299f31d0a4093822, 0x0370734413198a2e).words(0x85a308d3243f6a88) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("bits join the first two words; uniform takes the upper 53 of them") {
  CHECK(Random(0, 0).bits(0) == 0x6627e8d5e169c58d);
  CHECK(Random(0, 0).uniform(0) == static_cast<double>(0x6627e8d5e169c58d >> 11) / 0x1p53);
  CHECK(Random(0, 0).uniform(0, -3, 5) == -3 + 8 * Random(0, 0).uniform(0));
}

TEST_CASE("moments of uniform and normal numbers") {
  constexpr int kCount = 200000;
  for (std::uint64_t stream : {1u, 2u}) {
    const Random random(7, stream);
    double mean = 0, square = 0, lag = 0, before = 0;
    double normal_mean = 0, normal_square = 0, normal_third = 0, normal_fourth = 0;
    for (std::uint64_t i = 0; i < kCount; ++i) {
      const double u = random.uniform(i), z = random.normal(i);
      REQUIRE(u >= 0);
      REQUIRE(u < 1);
      mean += u / kCount;
      square += (u - 0.5) * (u - 0.5) / kCount;
      lag += (u - 0.5) * before / kCount;
      before = u - 0.5;
      normal_mean += z / kCount;
      normal_square += z * z / kCount;
      normal_third += z * z * z / kCount;
      normal_fourth += z * z * z * z / kCount;
    }
    // Each bound is five standard deviations of its estimate.
    const double root = std::sqrt(static_cast<double>(kCount));
    CHECK(std::fabs(mean - 0.5) < 5 * std::sqrt(1.0 / 12) / root);
    CHECK(std::fabs(square - 1.0 / 12) < 5 * std::sqrt(1.0 / 180) / root);
    CHECK(std::fabs(lag) < 5.0 / 12 / root);
    CHECK(std::fabs(normal_mean) < 5 / root);
    CHECK(std::fabs(normal_square - 1) < 5 * std::sqrt(2.0) / root);
    CHECK(std::fabs(normal_third) < 5 * std::sqrt(15.0) / root);
    CHECK(std::fabs(normal_fourth - 3) < 5 * std::sqrt(96.0) / root);
  }
}

TEST_CASE("below reaches every number under its bound, evenly, and none at it") {
  const Random random(3, 4);
  for (std::uint64_t count : {1u, 2u, 7u, 10u}) {
    std::vector<int> hits(count, 0);
    constexpr int kDraws = 20000;
    for (std::uint64_t i = 0; i < kDraws; ++i) {
      const std::uint64_t value = random.below(i, count);
      REQUIRE(value < count);
      ++hits[value];
    }
    const double expected = static_cast<double>(kDraws) / static_cast<double>(count);
    for (int h : hits) CHECK(std::fabs(h - expected) <= 5 * std::sqrt(expected));
  }
  constexpr std::uint64_t kLargest = ~std::uint64_t{0};
  for (std::uint64_t i = 0; i < 1000; ++i) REQUIRE(random.below(i, kLargest) < kLargest);
}

TEST_CASE("a permutation holds every number once, and every order of three comes up") {
  for (std::uint32_t count : {0u, 1u, 2u, 5u, 1000u}) {
    std::vector<std::uint32_t> order = Random(1, count).permutation(count);
    REQUIRE(order.size() == count);
    if (count == 1000) CHECK_FALSE(std::ranges::is_sorted(order));
    std::ranges::sort(order);
    for (std::uint32_t i = 0; i < count; ++i) REQUIRE(order[i] == i);
  }
  std::vector<int> places(9, 0);
  std::set<std::vector<std::uint32_t>> orders;
  for (std::uint64_t stream = 0; stream < 3000; ++stream) {
    const auto order = Random(1, stream).permutation(3);
    orders.insert(order);
    for (std::size_t at = 0; at < 3; ++at) ++places[3 * at + order[at]];
  }
  CHECK(orders.size() == 6);
  for (int p : places) CHECK(std::abs(p - 1000) < 130);  // five standard deviations
}

TEST_CASE("seeds, streams and substreams draw different numbers, each time the same ones") {
  const Random random(1, 1);
  std::set<std::uint64_t> first;
  for (std::uint64_t i = 0; i < 50; ++i) {
    first.insert(Random(i, 0).bits(0));
    first.insert(Random(0, i + 1).bits(0));
    first.insert(random.substream(i).bits(0));
    CHECK(random.substream(i).bits(9) == Random(1, 1).substream(i).bits(9));
  }
  CHECK(first.size() == 150);
}
