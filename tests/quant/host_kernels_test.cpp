// The integer kernels in vector registers against the portable ones, byte for byte.
#include "integrad/quant/kernels/fast.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "../support/int8_conv_case.h"
#include "integrad/quant/c/quantize.h"
#include "integrad/quant/multiplier.h"

using namespace integrad;
using namespace integrad::testing;
namespace int8 = integrad::kernels::int8;

namespace {

constexpr Index kChannels[] = {1, 3, 4, 15, 16, 17, 32, 33, 64};
constexpr int kRandomCases = 500;

Index random_channels(Draw& draw) {
  return kChannels[draw.below(9)];
}

}  // namespace

TEST_CASE("convolutions in vector registers give the portable kernels' bytes") {
  for (int i = 0; i < kRandomCases; ++i) {
    CAPTURE(i);
    Draw draw(static_cast<std::uint64_t>(i) + 1);
    const bool depthwise = draw.below(2) == 0;
    const WindowSpec w = draw.window();
    const Index in = random_channels(draw);
    const Index out = depthwise ? in : random_channels(draw);
    CAPTURE(w);
    CAPTURE(in);
    CAPTURE(out);
    const Index height = draw.height(w, 6), width = draw.width(w, 40);
    CAPTURE(width);
    const Scales kind = draw.below(2) == 0 ? Scales::usual : Scales::extreme;
    check(ConvCase(draw, w, height, width, in, out, depthwise, kind),
          static_cast<std::uint64_t>(i));
  }
}

TEST_CASE("3x3 convolutions of every width, beyond the longest tile and segment") {
  const WindowSpec w = WindowSpec::square(3, 1, Padding::same());
  for (Index width = 1; width <= 40; ++width)
    for (const bool depthwise : {false, true}) {
      CAPTURE(width);
      CAPTURE(depthwise);
      Draw draw(static_cast<std::uint64_t>(width));
      check(ConvCase(draw, w, 3, width, 16, 16, depthwise, Scales::usual), 1);
      check(ConvCase(draw, w, 2, width + 50, 33, 33, depthwise, Scales::usual), 1);
    }
}

TEST_CASE("convolutions to a single channel, of every width") {
  for (Index width = 1; width <= 40; ++width)
    for (const Index channels : {8, 16, 48}) {
      CAPTURE(width);
      CAPTURE(channels);
      Draw draw(static_cast<std::uint64_t>(width));
      WindowSpec w = WindowSpec::square(3, 1 + draw.below(2), Padding::same());
      w.dilation_x = 1 + draw.below(2);
      check(ConvCase(draw, w, 4, width, channels, 1, false, Scales::extreme), 1);
    }
}

TEST_CASE("grouped convolutions and depth multipliers are left to the portable kernels") {
  Draw draw(5);
  const WindowSpec w = WindowSpec::square(1);
  ConvCase c(draw, w, 2, 2, 4, 4, false, Scales::usual);
  integrad_conv grouped = c.conv();
  grouped.groups = 2;
  std::vector<std::int8_t> output(static_cast<std::size_t>(ConvCase::batch * elements(c.to)));
  CHECK_FALSE(int8::conv(grouped, 2, c.codes.data(), c.weights.data(), nullptr, output.data()));
  integrad_depthwise doubled = c.depthwise();
  doubled.input.channels = 2;
  CHECK_FALSE(
      int8::depthwise(doubled, 2, c.codes.data(), c.weights.data(), nullptr, output.data()));
}

TEST_CASE("sums become codes as arith.h says, for every multiplier, shift and sum at the edges") {
  std::vector<std::int32_t> sums{0, INT32_MIN, INT32_MAX};
  for (int bit = 0; bit < 31; ++bit)
    for (const std::int64_t value : {std::int64_t{1} << bit, std::int64_t{3} << bit >> 1})
      for (const std::int64_t near : {value - 1, value, value + 1})
        for (const std::int64_t each : {near, -near}) sums.push_back(integrad_saturate32(each));
  Draw draw(3);
  for (int i = 0; i < 60; ++i) sums.push_back(draw.below(1 << 20) - (1 << 19));
  const std::int32_t multipliers[] = {0,          1 << 30,    (1 << 30) + 1, 3 << 29, 1518500250,
                                      0x7fffff00, 2147483646, 2147483647,    1};
  struct Clamp {
    std::int32_t zero_point, low, high;
  };
  const Clamp clamps[] = {{0, -128, 127}, {-128, -128, 127}, {127, -128, 127},
                          {5, 5, 127},    {-3, -3, 90},      {127, 127, 127}};
  int kinds[4] = {};
  // All of the sums, and those that the quick kinds of rounding may be trusted with.
  for (const std::int64_t bound : {std::int64_t{1} << 31, (std::int64_t{1} << 30) - 1}) {
    std::vector<std::int32_t> chosen;
    for (const std::int32_t sum : sums)
      if (std::abs(std::int64_t{sum}) <= bound) chosen.push_back(sum);
    const Index pixels = static_cast<Index>(chosen.size());
    for (std::int32_t shift = -31; shift <= 30; ++shift)
      for (const std::int32_t multiplier : multipliers)
        for (const Clamp& clamp : clamps)
          for (const auto rounding : {INTEGRAD_ROUNDING_DOUBLE, INTEGRAD_ROUNDING_SINGLE}) {
            const integrad_scale scale{multiplier, shift};
            const integrad_output_stage stage{&scale,    0,          clamp.zero_point,
                                              clamp.low, clamp.high, rounding};
            // Up to 64 channels of one scale: the sums lie one after the other.
            const Index channels = 1 + (shift + 31) % 3 * 16 % 31;
            const Index rows = pixels / channels;
            std::vector<std::int8_t> expected;
            for (Index i = 0; i < rows * channels; ++i)
              expected.push_back(integrad_finish(
                  static_cast<std::uint32_t>(chosen[static_cast<std::size_t>(i)]), 0, &stage));
            for (Isa isa : available_isas()) {
              const Settings settings;
              set_isa(isa);
              const int8::Int8Kernels* kernels = int8::int8_kernels();
              if (kernels == nullptr) continue;
              const Index lanes = kernels->lanes, blocks = (channels + lanes - 1) / lanes;
              const std::vector<std::int64_t> bounds(static_cast<std::size_t>(channels), bound);
              const int8::PackedStage packed = int8::pack_stage(
                  stage, bounds, blocks, lanes, int8::consecutive_channels(lanes, channels));
              ++kinds[static_cast<int>(packed.stage.finish)];
              std::vector<std::int32_t> laid(static_cast<std::size_t>(rows * blocks * lanes));
              for (Index i = 0; i < rows * channels; ++i)
                laid[static_cast<std::size_t>(i / channels * blocks * lanes + i % channels)] =
                    chosen[static_cast<std::size_t>(i)];
              std::vector<std::int8_t> output(expected.size());
              kernels->requantize(packed.stage, laid.data(), rows, channels, output.data());
              const bool same = output == expected;
              if (same) continue;
              FAIL_CHECK(name(isa), ", multiplier ", multiplier, ", shift ", shift);
            }
          }
  }
  // Every kind of rounding took part, on processors that have any.
  for (const int count : kinds) CHECK((count > 100) == (available_isas().size() > 1));
}

TEST_CASE("codes at and around every rounding, where floats alone would not be sure") {
  // One input channel with weight 1: each channel's sums are all integers around a chosen one.
  constexpr Index kWidth = 256, kOut = 64;
  const WindowSpec point = WindowSpec::square(1), three = WindowSpec::square(3, 1, Padding::same());
  for (std::uint64_t i = 0; i < 150; ++i) {
    CAPTURE(i);
    Draw draw(i);
    const bool depthwise = draw.below(3) == 0, wide = draw.below(3) == 0;
    const Index in = depthwise ? kOut : 1;
    ConvCase c(draw, depthwise ? three : point, 2, kWidth, in, kOut, depthwise, Scales::usual);
    for (std::size_t at = 0; at < c.codes.size(); ++at)
      c.codes[at] = static_cast<std::int8_t>(static_cast<int>(at / static_cast<std::size_t>(in)));
    const std::size_t taps = c.weights.size() / kOut;
    for (std::size_t at = 0; at < c.weights.size(); ++at)
      c.weights[at] = at / kOut == taps / 2 ? 1 : 0;
    const std::int32_t shift = -1 - draw.below(14), kind = draw.below(3);
    c.stage.scales.clear();
    c.bias.clear();
    for (Index o = 0; o < kOut; ++o) {
      const std::int32_t some = draw.below(1 << 30);
      const integrad_scale scale{(1 << 30) + (kind == 0 ? 0 : kind == 1 ? 1 << 29 : some), shift};
      c.stage.scales.push_back(scale);
      const double tie = draw.below(280) - 140 - c.stage.stage.zero_point - 0.5;
      const double sum = tie * std::ldexp(1, 31 - shift) / scale.multiplier;
      c.bias.push_back(wide && o == 5 ? 1 << 29 : static_cast<std::int32_t>(std::lround(sum)));
    }
    c.stage.stage.scale_step = 1;
    check(c, i);
  }
}

TEST_CASE("images become the portable kernel's codes") {
  std::vector<float> values{0, -0.0f, 1, 0.5f, 1e-45f, 3e38f, -3e38f, INFINITY, -INFINITY, NAN};
  for (int half = -300; half <= 300; ++half)
    for (const float scale : {1.0f, 1.0f / 255, 0.37f}) {
      const float tie = (static_cast<float>(half) + 0.5f) * scale;
      for (const float value : {tie, std::nextafter(tie, 1e9f), std::nextafter(tie, -1e9f)})
        values.push_back(value);
    }
  for (const float scale : {1.0f, 1.0f / 255, 0.37f, 1e-38f})
    for (const std::int32_t zero_point : {-128, 0, 127})
      for (const std::size_t count : {std::size_t{1}, std::size_t{63}, values.size()}) {
        std::vector<std::int8_t> expected(count);
        const Index size = static_cast<Index>(count);
        integrad_quantize_elements(values.data(), scale, zero_point, expected.data(), size);
        check_every_isa(count, expected, [&](std::int8_t* output) {
          return int8::quantize(scale, zero_point, values.data(), output, size);
        });
      }
}

TEST_CASE("sums of tensors give the portable kernel's bytes") {
  for (int i = 0; i < 400; ++i) {
    CAPTURE(i);
    Draw draw(static_cast<std::uint64_t>(i));
    const auto scale = [&] {
      return 0.001f * static_cast<float>(1 + draw.below(1000)) *
             (draw.below(5) == 0 ? 0.001f : 1.0f);
    };
    const float first = scale(), second = draw.below(3) == 0 ? first : scale();
    const float out = draw.below(3) == 0 ? first : std::max(first, second) * 2 * scale();
    const integrad_add layer = random_add(draw, first, second, out);
    const int shift = std::min({layer.scale1.shift, layer.scale2.shift, layer.output_scale.shift});
    if (layer.output_scale.shift > -1) continue;
    const CodePairs pairs(draw);
    const std::vector<std::int8_t>&a = pairs.first, &b = pairs.second;
    const Index count = pairs.count();
    std::vector<std::int8_t> expected(a.size());
    integrad_add_elements(&layer, a.data(), b.data(), expected.data(), count);
    if (shift < -22) continue;  // beyond what the quick kernel takes
    check_every_isa(static_cast<std::uint64_t>(i), expected, [&](std::int8_t* output) {
      return int8::add(layer, a.data(), b.data(), output, count);
    });
  }
}

TEST_CASE("2x2 pools, their winners and unpools give the portable kernels' bytes") {
  constexpr Index kBatch = 2;
  for (int i = 0; i < 60; ++i) {
    CAPTURE(i);
    Draw draw(static_cast<std::uint64_t>(i));
    const integrad_window w{2, 2, 1, 0, 0};
    const Index channels = 16 * (1 + draw.below(4));
    const integrad_dims coarse = dims(1 + draw.below(20), 1 + draw.below(9), channels);
    const integrad_dims fine = dims(2 * coarse.height, 2 * coarse.width, channels);
    const integrad_pool pool{
        fine, coarse, w, w, draw.below(2) == 0 ? -128 : -5, draw.below(2) == 0 ? 127 : 60};
    std::vector<std::int8_t> codes = random_codes(draw, kBatch * elements(fine));
    if (draw.below(2) == 0)  // many ties
      for (std::int8_t& code : codes) code = static_cast<std::int8_t>(code & 3);
    const Index winner_bytes = coarse.height * integrad_winner_row_size(coarse, w, w);
    std::vector<std::int8_t> pooled(static_cast<std::size_t>(kBatch * elements(coarse)));
    std::vector<std::uint8_t> winners(static_cast<std::size_t>(kBatch * winner_bytes));
    const integrad_unpool unpool{coarse, fine, w, w, random_zero_point(draw)};
    std::vector<std::int8_t> unpooled(codes.size());
    for (Index n = 0; n < kBatch; ++n) {
      std::int8_t* values = pooled.data() + n * elements(coarse);
      std::uint8_t* places = winners.data() + n * winner_bytes;
      integrad_max_pool_rows(&pool, integrad_all_rows(codes.data() + n * elements(fine)), values,
                             places, 0, coarse.height);
      integrad_unpool_rows(&unpool, integrad_all_rows(values), integrad_all_winners(places),
                           unpooled.data() + n * elements(fine), 0, fine.height);
    }
    const auto salt = static_cast<std::uint64_t>(i);
    check_every_isa(salt, pooled, [&](std::int8_t* output) {
      return int8::max_pool(pool, kBatch, codes.data(), output, nullptr);
    });
    check_every_isa(salt, winners, [&](std::uint8_t* output) {
      std::vector<std::int8_t> ignored(pooled.size());
      return int8::max_pool(pool, kBatch, codes.data(), ignored.data(), output);
    });
    check_every_isa(salt, unpooled, [&](std::int8_t* output) {
      return int8::unpool(unpool, kBatch, pooled.data(), winners.data(), output);
    });
  }
}
