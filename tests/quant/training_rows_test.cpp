// The rows of quantisation-aware training in vector registers against the plain loops, bit for bit.
#include "integrad/quant/kernels/training_rows.h"

#include <doctest/doctest.h>

#include "../support/int8_cases.h"
#include "integrad/quant/multiplier.h"

using namespace integrad;
using namespace integrad::testing;
namespace int8 = integrad::kernels::int8;

namespace {

constexpr Index kChannels[] = {1, 3, 4, 8, 15, 16, 17, 24, 33, 64};

struct Written {
  explicit Written(Index count) : codes(count), bits((count + 7) / 8) {}
  GuardedCodes<std::int8_t> codes;
  GuardedCodes<std::uint8_t> bits;
};

std::uint8_t* bits_of(std::vector<std::uint8_t>& bits) {
  return bits.data();
}

// The bits behind the last value are nobody's: they are made 0.
std::vector<std::uint8_t> first_bits(const std::uint8_t* bits, Index count) {
  std::vector<std::uint8_t> result(bits, bits + (count + 7) / 8);
  if (count % 8 != 0)
    result.back() = static_cast<std::uint8_t>(result.back() & ((1u << (count % 8)) - 1));
  return result;
}

// low .. high, and a gradient that stops at low or below it.
int8::Clamp random_clamp(Draw& draw, std::int32_t low, std::int32_t high) {
  return {low, high, low + draw.below(2)};
}

}  // namespace

TEST_CASE("sums become codes and bits as arith.h says, for all channels and counts") {
  int stopped_low = 0, stopped_high = 0, passed = 0;
  for (int i = 0; i < 400; ++i) {
    CAPTURE(i);
    Draw draw(static_cast<std::uint64_t>(i) + 1);
    const Index channels = kChannels[draw.below(10)], count = channels * (1 + draw.below(40));
    const RandomStage random(draw, channels, i % 2 == 0 ? Scales::usual : Scales::extreme);
    const integrad_output_stage stage = random.bound();
    const int8::Clamp clamp = random_clamp(draw, stage.low, stage.high);
    // Around the codes' ends and ties, not only far beyond them.
    const std::int32_t reach = 1 << (4 + draw.below(20));
    Tensor<float> sums = Tensor<float>::uninitialized({count});
    for (float& sum : sums) sum = static_cast<float>(draw.below(2 * reach) - reach);
    const std::vector<std::int64_t> bounds(static_cast<std::size_t>(channels), reach);
    std::vector<integrad_scale> scales;
    for (Index c = 0; c < channels; ++c) scales.push_back(stage.scales[c * stage.scale_step]);
    integrad_output_stage plain = stage;
    plain.scales = scales.data();
    std::vector<std::int8_t> codes(static_cast<std::size_t>(count));
    std::vector<std::uint8_t> bits(static_cast<std::size_t>((count + 7) / 8));
    int8::reference::sums_row(plain, clamp, channels, sums.data(), count, codes.data(),
                              bits_of(bits));
    for (Index k = 0; k < count; ++k) {
      const std::int8_t code = codes[static_cast<std::size_t>(k)];
      if ((bits[static_cast<std::size_t>(k / 8)] >> (k % 8) & 1) != 0)
        ++passed;
      else
        ++(code <= clamp.low ? stopped_low : stopped_high);
    }
    const Tensor<std::int32_t> integers = sums.cast<std::int32_t>();
    for_each_isa(static_cast<std::uint64_t>(i), [&] {
      const int8::SumStage row(stage, clamp, bounds);
      Written of_floats(count), of_integers(count);
      row.row(sums.data(), count, of_floats.codes.data(), of_floats.bits.data());
      row.row(integers.data(), count, of_integers.codes.data(), of_integers.bits.data());
      for (Written* written : {&of_floats, &of_integers}) {
        CHECK(written->codes.holds(codes));
        CHECK(first_bits(written->bits.data(), count) == bits);
        std::copy(bits.begin(), bits.end(), written->bits.data());
        CHECK(written->bits.holds(bits));
      }
    });
  }
  CHECK(passed > 5000);
  CHECK(stopped_low > 5000);
  CHECK(stopped_high > 5000);
}

TEST_CASE("real values, masked values and extremes have the plain loops' bits, for all counts") {
  for (Index count = 1; count <= 200; count += count < 70 ? 1 : 13) {
    CAPTURE(count);
    Draw draw(static_cast<std::uint64_t>(count));
    const std::vector<std::int8_t> codes = random_codes(draw, count);
    const std::int32_t zero_point = random_zero_point(draw);
    const float scale = 0.001f * static_cast<float>(1 + draw.below(1000));
    std::vector<std::uint8_t> bits;
    for (Index i = 0; i < (count + 7) / 8; ++i)
      bits.push_back(static_cast<std::uint8_t>(draw.below(256)));
    const Tensor<float> values = kernel_values<float>({count}, 3);
    Tensor<float> real({count}), masked({count});
    int8::reference::real_row(scale, zero_point, codes.data(), count, real.data());
    int8::reference::masked_row(values.data(), bits.data(), count, masked.data());
    const Index period = kChannels[draw.below(10)];
    Tensor<float> low({period}, 0.5f), high({period}, -0.5f);
    const Tensor<float> low_before = low, high_before = high;
    int8::reference::extremes_row(values.data(), count, period, low.data(), high.data());
    for_each_isa(static_cast<std::uint64_t>(count), [&] {
      Guarded got_real(count), got_masked(count), got_low(period), got_high(period);
      int8::real_row(scale, zero_point, codes.data(), count, got_real.values.data());
      CHECK(got_real.holds(real));
      int8::masked_row(values.data(), bits.data(), count, got_masked.values.data());
      CHECK(got_masked.holds(masked));
      std::copy(low_before.begin(), low_before.end(), got_low.values.data());
      std::copy(high_before.begin(), high_before.end(), got_high.values.data());
      int8::extremes_row(values.data(), count, period, got_low.values.data(),
                         got_high.values.data());
      CHECK(got_low.holds(low));
      CHECK(got_high.holds(high));
    });
  }
}

TEST_CASE("sums of codes give the portable kernel's codes and bits for every pair") {
  for (int i = 0; i < 60; ++i) {
    CAPTURE(i);
    Draw draw(static_cast<std::uint64_t>(i));
    const auto scale = [&] { return 0.001f * static_cast<float>(1 + draw.below(1000)); };
    const float first = scale(), second = draw.below(3) == 0 ? first : scale();
    const integrad_add layer =
        random_add(draw, first, second, std::max(first, second) * 2 * scale());
    const int8::Clamp clamp = random_clamp(draw, layer.low, layer.high);
    const CodePairs pairs(draw);
    const std::vector<std::int8_t>&a = pairs.first, &b = pairs.second;
    const Index count = pairs.count();
    std::vector<std::int8_t> codes(a.size());
    std::vector<std::uint8_t> bits((a.size() + 7) / 8);
    int8::reference::add_row(layer, clamp, a.data(), b.data(), count, codes.data(), bits.data());
    for_each_isa(static_cast<std::uint64_t>(i), [&] {
      const int8::AddRows rows(layer, clamp);
      Written written(count);
      rows.row(a.data(), b.data(), count, written.codes.data(), written.bits.data());
      CHECK(written.codes.holds(codes));
      CHECK(first_bits(written.bits.data(), count) == bits);
    });
  }
}
