// 3x3 convolutions by their factors (quant/kernels/simd/winograd_row.h), against plain loops.
#include <doctest/doctest.h>

#include <algorithm>

#include "../support/int8_conv_case.h"
#include "integrad/tensor/kernels/row_pairs.h"

using namespace integrad;
using namespace integrad::testing;

namespace {

// Whether the instruction set in use has factors.
bool has_factors() {
  const auto* const all = kernels::int8::int8_kernels();
  return all != nullptr && all->winograd_row != nullptr;
}
// Whether it computes this layer so.
bool takes_factors(const ConvCase& c) {
  if (!has_factors()) return false;
  const auto layer = kernels::int8::conv_layer(c.conv(), c.weights.data(), c.bias_data(),
                                               kernels::int8::RowResult::sums);
  return layer != nullptr &&
         layer->pass.prepare == kernels::int8::int8_kernels()->prepare_winograd_row;
}

}  // namespace

TEST_CASE("fours and pairs of rows of codes give the plain loops' bytes") {
  Draw draw(21);
  int by_factors = 0, with_factors = 0;
  for (std::uint64_t i = 0; i < 40; ++i) {
    const WindowSpec w = WindowSpec::square(
        3, 1, Padding::fixed(draw.below(3), draw.below(3), draw.below(3), draw.below(3)));
    const Index height = 3 + draw.below(7), width = 7 + draw.below(60);
    // Some too few for the widest vectors.
    const Index inputs = 8 + draw.below(60), outputs = 8 + draw.below(60);
    CAPTURE(i);
    const ConvCase c(draw, w, height, width, inputs, outputs, false, Scales::usual);
    for_each_isa(i, [&] {
      with_factors += has_factors();
      by_factors += takes_factors(c);
    });
    check(c, i);
  }
  // An Arm core's instruction sets have none.
  if (with_factors > 0) CHECK(4 * by_factors > with_factors);
  const std::vector<Isa> isas = available_isas();
  CHECK((with_factors > 0) == (std::ranges::find(isas, Isa::avx2) != isas.end()));
}

TEST_CASE("the largest sums of factors, and the first that are larger") {
  const WindowSpec w = WindowSpec::square(3, 1, Padding::same());
  const auto extreme = [](ConvCase& c, auto&& code, auto&& weight) {
    c.zero_point = c.codes.front() < 0 ? 127 : -128;
    std::ranges::generate(c.codes, code);
    std::ranges::generate(c.weights, weight);
    check_every_isa(1, c.sums(), [&](std::int32_t* output) { return c.run_sums(output); });
  };
  // 48 times the sum of 152 channels is representable, of 153 it is not.
  for (const Index channels : {152, 153}) {
    for (const int code : {-128, 127})
      for (const int weight : {-128, 127}) {
        Draw draw(2);
        ConvCase c(draw, w, 3, 24, channels, 32, false, Scales::usual);
        c.codes.front() = static_cast<std::int8_t>(code);
        extreme(
            c, [&] { return static_cast<std::int8_t>(code); },
            [&] { return static_cast<std::int8_t>(weight); });
      }
    // Signs by chance: factors of points and of taps at their largest.
    Draw draw(3);
    ConvCase c(draw, w, 4, 40, channels, 32, false, Scales::usual);
    const auto end = [&](int low, int high) {
      return static_cast<std::int8_t>(draw.below(2) != 0 ? low : high);
    };
    extreme(
        c, [&] { return end(-128, 127); }, [&] { return end(-128, 127); });
  }
}

// A chunk of rows may begin with a pair's lower one, and rows may be computed again.
TEST_CASE("rows of a pair of codes can be computed alone") {
  using namespace kernels::int8;
  Draw draw(4);
  const ConvCase c(draw, WindowSpec::square(3, 1, Padding::same()), 7, 60, 33, 40, false,
                   Scales::usual);
  const std::vector<std::int32_t> expected = c.sums();
  const Index row_size = Index{c.to.width} * c.to.channels;
  for_each_isa(1, [&] {
    const auto layer = conv_layer(c.conv(), c.weights.data(), c.bias_data(), RowResult::sums);
    if (!has_factors()) return;
    REQUIRE(layer != nullptr);
    CHECK(takes_factors(c));
    std::vector<std::uint8_t> scratch(static_cast<std::size_t>(layer->pass.scratch_bytes), 0x55);
    kernels::RowPairs pairs;
    const auto row = [&](PreparedRows& rows, Index y, bool held) {
      CAPTURE(y);
      const kernels::PairRow pair = pairs.next(0, y);
      CHECK(pair.held == held);
      const auto* const* window = rows.at(
          integrad_window_start(static_cast<std::int32_t>(y), c.window_y),
          [&](Index at) { return c.codes.data() + at * Index{c.from.width} * c.from.channels; });
      std::vector<std::int32_t> sums(static_cast<std::size_t>(row_size));
      layer->kernel(window, nullptr, scratch.data(), pair,
                    reinterpret_cast<std::int8_t*>(sums.data()));
      CHECK(std::equal(sums.begin(), sums.end(), expected.begin() + y * row_size));
    };
    PreparedRows rows(layer->pass);
    row(rows, 1, false);
    row(rows, 3, false);
    row(rows, 4, false);
    row(rows, 5, true);
    row(rows, 5, true);
    row(rows, 6, false);  // an upper row has nothing from the one above
    row(rows, 0, false);
    row(rows, 1, true);
    CHECK_FALSE(pairs.next(1, 1).held);  // of another image
  });
}

TEST_CASE("layers whose rows of factors would be too large take another kernel") {
  Draw draw(6);
  const ConvCase c(draw, WindowSpec::square(3, 1, Padding::same()), 3, 20000, 303, 33, false,
                   Scales::usual);
  for (const Isa isa : available_isas()) {
    const Settings settings;
    set_isa(isa);
    CAPTURE(name(isa));
    if (kernels::int8::int8_kernels() == nullptr) continue;
    const auto layer = kernels::int8::conv_layer(c.conv(), c.weights.data(), c.bias_data(),
                                                 kernels::int8::RowResult::sums);
    REQUIRE(layer != nullptr);
    CHECK_FALSE(takes_factors(c));
  }
}

// Extents whose products exceed 64 bits are refused before they are multiplied.
TEST_CASE("layers of hostile extents are refused") {
  Draw draw(7);
  ConvCase c(draw, WindowSpec::square(3, 1, Padding::same()), 3, 20, 8, 8, false, Scales::usual);
  c.zero_point = 0;
  c.from.width = c.to.width = 2147483645;
  c.to.channels = 1 << 30;
  for (const Isa isa : available_isas()) {
    const Settings settings;
    set_isa(isa);
    CHECK(kernels::int8::conv_layer(c.conv(), c.weights.data(), c.bias_data(),
                                    kernels::int8::RowResult::sums) == nullptr);
  }
}
