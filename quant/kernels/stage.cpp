#include <algorithm>
#include <cmath>
#include <cstring>

#include "integrad/quant/kernels/code_line.h"
#include "integrad/quant/kernels/fast.h"

namespace integrad::kernels::int8 {

namespace {

/// The quick ways of rounding hold the rounding terms and the zero point in 64 bits up to here.
constexpr std::int32_t kMostShift = 22;
constexpr std::int64_t kDoubled = std::int64_t{1} << 30;  // a sum below it can be doubled

constexpr std::int64_t power_of_two(std::int32_t bits) {
  return std::int64_t{1} << bits;
}

// Every sum of such a channel gives the zero point, with any shift.
bool vanishes(integrad_scale scale, std::int64_t bound) {
  return scale.multiplier == 0 || (scale.shift < 0 && bound < power_of_two(-scale.shift - 1));
}

Finish finish_of(const integrad_output_stage& stage, std::span<const integrad_scale> scales,
                 std::span<const std::int64_t> bounds) {
  const bool quick = std::ranges::all_of(
      scales, [](integrad_scale scale) { return scale.shift <= -1 && scale.shift >= -kMostShift; });
  const bool is_double = stage.rounding == INTEGRAD_ROUNDING_DOUBLE;
  if (quick && (!is_double || stage.low >= stage.zero_point)) return Finish::once;
  const bool small =
      std::ranges::all_of(bounds, [](std::int64_t bound) { return bound < kDoubled; });
  if (quick && small) return Finish::twice;
  return is_double ? Finish::any_double : Finish::any_single;
}

constexpr integrad_scale kNothing{0, -1};

struct Lane {
  std::int64_t addend, wide_shift;
  std::int32_t right, left, mask;
};

Lane lane_of(Finish finish, const integrad_output_stage& stage, std::int32_t shift) {
  const std::int32_t right = std::max(-shift, 0), left = std::max(shift, 0);
  const bool is_double = stage.rounding == INTEGRAD_ROUNDING_DOUBLE;
  const std::int64_t zero_point = stage.zero_point;
  switch (finish) {
    case Finish::once:
      return {zero_point * power_of_two(31 + right) + power_of_two(30 + right) +
                  (is_double ? power_of_two(30) : 0),
              0, right - 1, 0, 0};
    case Finish::twice:  // everything twice as large
      return {zero_point * power_of_two(32 + right) + power_of_two(31 + right) + power_of_two(31),
              0, right, 0, 0};
    case Finish::any_double:
      return {power_of_two(30), 0, right, left, static_cast<std::int32_t>(power_of_two(right) - 1)};
    case Finish::any_single:
    case Finish::sums:
      break;
  }
  return {power_of_two(30 - shift), 31 - shift, 0, 0, 0};
}

// The real value of a sum in units of 2^-16, as Quick wants it: the quotient that `once` and
// `twice` round down. In those units an in-range value is below 2^24, and four roundings of floats
// (the sum, factor, start and their sum) and one to an integer each move it by at most 1/2 or 1: by
// less than kUnclear in all.
struct Factors {
  double factor, start, below;
};

constexpr double kQuickUnit = 1 << 16;

Factors factors_of(const integrad_output_stage& stage, integrad_scale scale) {
  const double unit = kQuickUnit * std::ldexp(1, scale.shift);
  const double tie = stage.rounding == INTEGRAD_ROUNDING_DOUBLE ? unit / 2 : 0;
  const double start = kQuickUnit * (stage.zero_point + 0.5) + tie + kUnclear;
  return {unit * std::ldexp(scale.multiplier, -31), start, start - unit};
}

/// values(channel) in every lane; -1 for none.
template <class Values>
void put_factors(PackedStage& packed, Index vectors, Index lanes, const ChannelOf& channel_of,
                 Values values) {
  for (Index vector = 0; vector < vectors; ++vector)
    for (Index lane = 0; lane < lanes; ++lane) {
      const CodeLine line = values(channel_of(vector, lane));
      const auto put = [&](Index row, float value) {
        packed.factors[static_cast<std::size_t>((vector * kQuickRows + row) * lanes + lane)] =
            value;
      };
      put(kFactor, line.factor);
      put(kStart, line.start);
      put(kBelow, line.below);
    }
}

bool pack_lines(PackedStage& packed, const integrad_output_stage& stage,
                std::span<const integrad_scale> scales, std::span<const std::int64_t> bounds,
                Index vectors, Index lanes, const ChannelOf& channel_of) {
  const bool clamps = stage.low > INT8_MIN || stage.high < INT8_MAX;
  // Rounding twice, a negative sum's ties go another way: where they reach a code of their own.
  const bool signs = stage.rounding == INTEGRAD_ROUNDING_DOUBLE && stage.low < stage.zero_point;
  if (clamps && signs) return false;
  const auto lines = code_lines(stage, scales, bounds, signs);
  if (lines == nullptr) return false;
  packed.stage.quick = signs ? Quick::signed_line : clamps ? Quick::clamped_line : Quick::line;
  put_factors(packed, vectors, lanes, channel_of, [&](Index channel) {
    return channel < 0 ? CodeLine{0, 0, 0} : (*lines)[static_cast<std::size_t>(channel)];
  });
  return true;
}

void pack_quick(PackedStage& packed, const integrad_output_stage& stage,
                std::span<const integrad_scale> scales, std::span<const std::int64_t> bounds,
                Index vectors, Index lanes, const ChannelOf& channel_of, Lines lines) {
  packed.factors.assign(static_cast<std::size_t>(vectors * kQuickRows * lanes), 0);
  packed.stage.factors = packed.factors.data();
  if (lines == Lines::searched &&
      pack_lines(packed, stage, scales, bounds, vectors, lanes, channel_of))
    return;
  const Finish finish = packed.stage.finish;
  if (finish != Finish::once && finish != Finish::twice) return;
  double widest = 0;
  for (std::size_t c = 0; c < scales.size(); ++c)
    widest = std::max(widest, factors_of(stage, scales[c]).factor * static_cast<double>(bounds[c]));
  const bool clamps = stage.low > INT8_MIN || stage.high < INT8_MAX;
  packed.stage.quick = widest > 0x1p30          ? Quick::limited
                       : finish == Finish::once ? Quick::once
                       : clamps                 ? Quick::limited
                                                : Quick::twice;
  put_factors(packed, vectors, lanes, channel_of, [&](Index channel) {
    const Factors values =
        factors_of(stage, channel < 0 ? kNothing : scales[static_cast<std::size_t>(channel)]);
    return CodeLine{static_cast<float>(values.factor), static_cast<float>(values.start),
                    static_cast<float>(finish == Finish::twice ? values.below : values.start)};
  });
}

}  // namespace

ChannelOf consecutive_channels(Index lanes, Index channels) {
  return [=](Index vector, Index lane) {
    const Index channel = vector * lanes + lane;
    return channel < channels ? channel : Index{-1};
  };
}

PackedStage pack_stage(const integrad_output_stage& stage, std::span<const std::int64_t> bounds,
                       Index vectors, Index lanes, const ChannelOf& channel_of, Lines lines) {
  std::vector<integrad_scale> scales;
  for (std::size_t c = 0; c < bounds.size(); ++c) {
    const integrad_scale scale = stage.scales[static_cast<std::ptrdiff_t>(c) * stage.scale_step];
    scales.push_back(vanishes(scale, bounds[c]) ? kNothing : scale);
  }
  PackedStage packed;
  packed.stage = {finish_of(stage, scales, bounds),
                  nullptr,
                  stage.zero_point,
                  stage.low,
                  stage.high,
                  Quick::none,
                  nullptr};
  pack_quick(packed, stage, scales, bounds, vectors, lanes, channel_of, lines);
  packed.table.assign(static_cast<std::size_t>(vectors * kScaleRows * lanes), 0);
  packed.stage.scales = packed.table.data();
  for (Index vector = 0; vector < vectors; ++vector) {
    std::int32_t* const rows = packed.table.data() + vector * kScaleRows * lanes;
    const auto put = [&](Index row, Index lane, auto value) {
      std::memcpy(rows + row * lanes + lane, &value, sizeof value);
    };
    for (Index lane = 0; lane < lanes; ++lane) {
      const Index channel = channel_of(vector, lane), odd = lane % 2;
      const integrad_scale scale =
          channel < 0 ? kNothing : scales[static_cast<std::size_t>(channel)];
      const Lane values = lane_of(packed.stage.finish, stage, scale.shift);
      put(kMultiplier + odd, lane - odd, scale.multiplier);
      put(kAddend + odd, lane - odd, values.addend);
      put(kShiftRight, lane, values.right);
      if (packed.stage.finish == Finish::any_single) {
        put(kWideShift + odd, lane - odd, values.wide_shift);
      } else {
        put(kShiftLeft, lane, values.left);
        put(kMask, lane, values.mask);
      }
    }
  }
  return packed;
}

}  // namespace integrad::kernels::int8
