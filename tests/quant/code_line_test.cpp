#include "integrad/quant/kernels/code_line.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "integrad/quant/kernels/fast.h"
#include "integrad/quant/multiplier.h"
#include "integrad/tensor/isa.h"
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
  int found = 0, with_signs = 0, constant = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    CAPTURE(i);
    const Channel c = draw_channel(i);
    const auto lines = line_of(c);
    if (lines == nullptr) continue;
    ++found;
    const CodeLine line = lines->front();
    with_signs += c.signs ? 1 : 0;
    constant += line.factor == 0 ? 1 : 0;
    std::int64_t differing = 0;
    for (std::int64_t sum = -c.bound; sum <= c.bound; ++sum) {
      const float start = sum < 0 ? line.below : line.start;
      const float rounded = std::nearbyint(std::fma(static_cast<float>(sum), line.factor, start));
      const std::int32_t code =
          std::clamp(static_cast<std::int32_t>(rounded), c.stage.low, c.stage.high);
      differing +=
          code == integrad_requantize(static_cast<std::int32_t>(sum), c.scale, c.stage.rounding,
                                      c.stage.zero_point, c.stage.low, c.stage.high)
              ? 0
              : 1;
    }
    CHECK(differing == 0);
  }
  CHECK(found > 200);
  CHECK(with_signs > 50);
  CHECK(constant > 0);
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
  c.bound = std::int64_t{1} << 31;  // no sum of 32 bits
  CHECK(line_of(c) == nullptr);
  c.bound = INT32_MAX;
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

TEST_CASE("a sum's line gives the code of every pair, for either order of the operands") {
  int found = 0;
  for (std::uint64_t i = 0; i < 40; ++i) {
    CAPTURE(i);
    const Random random = Random(12, 1).substream(i);
    const auto below = [&](std::uint64_t index, std::uint64_t count) {
      return static_cast<std::int32_t>(random.below(index, count));
    };
    const AddScales scales = add_scales(static_cast<float>(random.uniform(0, 0.01, 0.1)),
                                        static_cast<float>(random.uniform(1, 0.01, 0.1)),
                                        static_cast<float>(random.uniform(2, 0.02, 0.2)));
    const std::int32_t zero_point = below(3, 256) - 128;
    const integrad_add layer{below(4, 256) - 128,
                             below(5, 256) - 128,
                             scales.input1,
                             scales.input2,
                             scales.output,
                             kAddLeftShift,
                             zero_point,
                             i % 3 == 0 ? zero_point : -128,
                             i % 4 == 0 ? std::max(zero_point, 90) : 127,
                             i % 2 == 0 ? INTEGRAD_ROUNDING_DOUBLE : INTEGRAD_ROUNDING_SINGLE};
    std::vector<std::int8_t> first, second;
    for (int x1 = -128; x1 < 128; ++x1)
      for (int x2 = -128; x2 < 128; ++x2) {
        first.push_back(static_cast<std::int8_t>(x1));
        second.push_back(static_cast<std::int8_t>(x2));
      }
    const auto count = static_cast<Index>(first.size());
    std::vector<std::int8_t> expected(first.size()), got(first.size());
    integrad_add_elements(&layer, first.data(), second.data(), expected.data(), count);
    for (const Isa each : available_isas()) {
      const Isa before = isa();
      set_isa(each);
      const PackedAdd packed = pack_add(layer, Lines::searched);
      found += packed.stage.proven ? 1 : 0;
      if (packed.kernel != nullptr) {
        CHECK(add(layer, first.data(), second.data(), got.data(), count));
        CHECK(got == expected);
      }
      set_isa(before);
    }
  }
  CHECK((found > 20) == (available_isas().size() > 1));
}

TEST_CASE("a sum without a line near the start has none") {
  const auto layer_of = [](float scale1, float scale2, float output) {
    const AddScales scales = add_scales(scale1, scale2, output);
    return integrad_add{
        3,  -7,   scales.input1, scales.input2,           scales.output, kAddLeftShift,
        10, -128, 127,           INTEGRAD_ROUNDING_DOUBLE};
  };
  const float first = 0.0517f / 0.0973f, second = 0.0431f / 0.0973f;
  const float offset = 10 - first * 3 + second * 7;
  const integrad_add layer = layer_of(0.0517f, 0.0431f, 0.0973f);
  CHECK(sum_line(layer, false, {first, second, offset}).has_value());
  CHECK_FALSE(sum_line(layer, true, {first, second, offset}).has_value());
  CHECK_FALSE(sum_line(layer, false, {first, second, offset + 0.01f}).has_value());
  // Exact ties, which round away from zero there and to even here.
  CHECK_FALSE(sum_line(layer_of(0.05f, 0.05f, 0.1f), false, {0.5f, 0.5f, 12}).has_value());
}
