#include "integrad/quant/kernels/code_line.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "integrad/quant/kernels/fast.h"
#include "integrad/tensor/random.h"

using namespace integrad;
using namespace integrad::kernels::int8;

namespace {

struct Channel {
  integrad_output_stage stage;
  integrad_scale scale;
  std::int64_t bound;
  bool signs;
};

Channel draw_channel(std::uint64_t number) {
  const Random random = Random(11, 1).substream(number);
  const auto below = [&](std::uint64_t index, std::uint64_t count) {
    return static_cast<std::int32_t>(random.below(index, count));
  };
  Channel c{};
  c.stage.rounding = below(0, 2) == 0 ? INTEGRAD_ROUNDING_DOUBLE : INTEGRAD_ROUNDING_SINGLE;
  c.stage.zero_point = below(1, 3) == 0 ? -128 : below(2, 256) - 128;
  const bool relu = below(3, 2) == 0;
  c.stage.low = relu ? c.stage.zero_point : -128;
  c.stage.high = below(4, 4) == 0 ? std::max(c.stage.low, below(5, 256) - 128) : 127;
  c.scale = {below(6, 9) == 0 ? 1 << 30 : (1 << 30) + below(7, 1 << 30), -1 - below(8, 13)};
  c.bound = 1 + below(9, below(10, 2) == 0 ? 400 : 40000);
  c.signs = c.stage.rounding == INTEGRAD_ROUNDING_DOUBLE && c.stage.low < c.stage.zero_point;
  return c;
}

std::shared_ptr<const CodeLines> line_of(const Channel& c) {
  return code_lines(c.stage, {&c.scale, 1}, {&c.bound, 1}, c.signs);
}

}  // namespace

TEST_CASE("a channel's line gives the code of every sum") {
  int found = 0, with_signs = 0, constant = 0, missing = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    CAPTURE(i);
    const Channel c = draw_channel(i);
    const auto lines = line_of(c);
    if (lines == nullptr) {
      ++missing;
      continue;
    }
    ++found;
    const CodeLine line = lines->front();
    with_signs += c.signs ? 1 : 0;
    constant += line.factor == 0 ? 1 : 0;
    for (std::int64_t sum = -c.bound; sum <= c.bound; ++sum) {
      const float value = std::fma(static_cast<float>(sum), line.factor, line.start);
      const float rounded = std::nearbyint(sum < 0 ? value + line.negative : value);
      const std::int32_t code =
          std::clamp(static_cast<std::int32_t>(rounded), c.stage.low, c.stage.high);
      REQUIRE(code == integrad_requantize(static_cast<std::int32_t>(sum), c.scale, c.stage.rounding,
                                          c.stage.zero_point, c.stage.low, c.stage.high));
    }
  }
  CHECK(found > 200);
  CHECK(with_signs > 50);
  CHECK(constant > 0);
  MESSAGE(found, " found, ", missing, " not");
}

TEST_CASE("where a code is finer than a float's last place there is no line") {
  // Sums so far that their codes' borders cannot all be met by 24 bits.
  Channel c{};
  c.stage = {nullptr, 0, 0, -128, 127, INTEGRAD_ROUNDING_SINGLE};
  c.scale = {1518500249, -20};
  c.bound = std::int64_t{1} << 30;
  CHECK(line_of(c) == nullptr);
  c.scale.shift = -4;
  CHECK(line_of(c) != nullptr);
  c.scale.shift = 0;  // is not looked for
  CHECK(line_of(c) == nullptr);
  // One such channel is enough for the layer to have none.
  const integrad_scale scales[] = {{1518500249, -4}, {1518500249, -20}};
  const std::int64_t bounds[] = {1 << 20, std::int64_t{1} << 30};
  CHECK(code_lines(c.stage, scales, bounds, false) == nullptr);
  CHECK(code_lines(c.stage, {scales, 1}, {bounds, 1}, false) ==
        code_lines(c.stage, {scales, 1}, {bounds, 1}, false));  // the one that is remembered
}

TEST_CASE("stages take the line that their clamp and signs ask for") {
  const integrad_scale scale{1518500249, -6};
  const std::vector<std::int64_t> bounds{100000};
  const auto quick = [&](std::int32_t zero_point, std::int32_t low, std::int32_t high,
                         integrad_rounding rounding, Lines lines = Lines::searched) {
    const integrad_output_stage stage{&scale, 0, zero_point, low, high, rounding};
    return pack_stage(stage, bounds, 1, 8, consecutive_channels(8, 1), lines).stage.quick;
  };
  CHECK(quick(-128, -128, 127, INTEGRAD_ROUNDING_DOUBLE) == Quick::line);
  CHECK(quick(3, -128, 127, INTEGRAD_ROUNDING_SINGLE) == Quick::line);
  CHECK(quick(3, 3, 127, INTEGRAD_ROUNDING_DOUBLE) == Quick::clamped_line);
  CHECK(quick(3, -128, 127, INTEGRAD_ROUNDING_DOUBLE) == Quick::signed_line);
  CHECK(quick(3, -128, 90, INTEGRAD_ROUNDING_DOUBLE) == Quick::limited);
  CHECK(quick(-128, -128, 127, INTEGRAD_ROUNDING_DOUBLE, Lines::none) == Quick::once);
}
