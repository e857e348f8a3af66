#include "integrad/quant/c/unpool.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "integrad/quant/c/pool.h"

namespace {

using Codes = std::vector<std::int8_t>;

constexpr integrad_window kTwo{
    .kernel = 2, .stride = 2, .dilation = 1, .pad_before = 0, .pad_after = 0};

integrad_pool pool(integrad_dims input, integrad_dims output, integrad_window window) {
  return {input, output, window, window, -128, 127};
}

}  // namespace

TEST_CASE("the first maximum of a window wins, and its value returns to its place") {
  // clang-format off
  const Codes image{ 5,    5,   -7,   -3,
                     5,    1,   -3,   -9,
                  -128, -128,    0,    1,
                  -128, -128,    2,    3};
  // clang-format on
  const integrad_pool down = pool({4, 4, 1}, {2, 2, 1}, kTwo);
  Codes pooled(4);
  std::vector<std::uint8_t> winners(2, 99);
  integrad_max_pool_rows(&down, integrad_all_rows(image.data()), pooled.data(), winners.data(), 0,
                         2);
  CHECK(pooled == Codes{5, -3, -128, 3});
  CHECK(winners == std::vector<std::uint8_t>{0 | 1 << 2, 0 | 3 << 2});

  const integrad_unpool up{{2, 2, 1}, {4, 4, 1}, kTwo, kTwo, -11};
  Codes returned(16, 77);
  integrad_unpool_rows(&up, integrad_all_rows(Codes{40, 41, 42, 43}.data()),
                       integrad_all_winners(winners.data()), returned.data(), 0, 4);
  // clang-format off
  CHECK(returned == Codes{ 40, -11, -11,  41,
                          -11, -11, -11, -11,
                           42, -11, -11, -11,
                          -11, -11, -11,  43});
  // clang-format on
}

TEST_CASE("the clamp changes the pooled code, not the winner") {
  integrad_pool down = pool({2, 2, 1}, {1, 1, 1}, kTwo);
  down.low = -5;
  down.high = 10;
  std::int8_t pooled = 0;
  std::uint8_t winner = 99;
  integrad_max_pool_rows(&down, integrad_all_rows(Codes{11, 12, 11, 10}.data()), &pooled, &winner,
                         0, 1);
  CHECK(pooled == 10);
  CHECK(winner == 1);
}

TEST_CASE("winners of small windows take two bits, of larger ones a byte") {
  const integrad_window three{
      .kernel = 3, .stride = 3, .dilation = 1, .pad_before = 0, .pad_after = 0};
  CHECK(integrad_winner_bits(kTwo, kTwo) == 2);
  CHECK(integrad_winner_bits(kTwo, three) == 8);
  CHECK(integrad_winner_row_size({4, 3, 3}, kTwo, kTwo) == 3);  // 9 places in 18 bits
  CHECK(integrad_winner_row_size({4, 3, 3}, three, kTwo) == 9);
  std::vector<std::uint8_t> row(9, 0xff);
  for (const std::int32_t bits : {2, 8}) {
    for (std::uint8_t i = 0; i < 9; ++i) integrad_set_winner(row.data(), i, bits, i * 3 % 4);
    for (std::uint8_t i = 0; i < 9; ++i) CHECK(integrad_winner(row.data(), i, bits) == i * 3 % 4);
  }
}

TEST_CASE("what no window covers is the zero point") {
  const integrad_unpool up{{1, 1, 2}, {3, 3, 2}, kTwo, kTwo, 4};
  Codes returned(18, 77);
  integrad_unpool_rows(&up, integrad_all_rows(Codes{1, 2}.data()),
                       integrad_all_winners(std::vector<std::uint8_t>{3 | 2 << 2}.data()),
                       returned.data(), 0, 3);
  CHECK(returned == Codes{4, 4, 4, 4, 4, 4, 4, 2, 1, 4, 4, 4, 4, 4, 4, 4, 4, 4});
}

TEST_CASE("rows of an unpooled image do not depend on how they are shared out") {
  // Overlapping, dilated, padded windows: several rows of windows reach each output row.
  const integrad_window window{
      .kernel = 3, .stride = 2, .dilation = 2, .pad_before = 2, .pad_after = 2};
  const integrad_dims large{9, 9, 3}, small{5, 5, 3};
  Codes image(243);
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<std::int8_t>(i * 37 % 251);
  const integrad_pool down = pool(large, small, window);
  Codes pooled(75);
  std::vector<std::uint8_t> winners(75);
  integrad_max_pool_rows(&down, integrad_all_rows(image.data()), pooled.data(), winners.data(), 0,
                         5);

  const integrad_unpool up{small, large, window, window, -3};
  Codes whole(243), parts(243);
  integrad_unpool_rows(&up, integrad_all_rows(pooled.data()), integrad_all_winners(winners.data()),
                       whole.data(), 0, 9);
  for (std::int32_t row = 0; row < 9; ++row)
    integrad_unpool_rows(&up, integrad_all_rows(pooled.data()),
                         integrad_all_winners(winners.data()), parts.data() + row * 27, row,
                         row + 1);
  CHECK(whole == parts);
  // A maximum returns to where it stood: every code that is not the zero point is the image's.
  int returned = 0, strangers = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    returned += whole[i] != -3;
    strangers += whole[i] != -3 && whole[i] != image[i];
  }
  CHECK(returned > 20);
  CHECK(strangers == 0);
}
