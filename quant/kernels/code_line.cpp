#include "integrad/quant/kernels/code_line.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>

namespace integrad::kernels::int8 {

namespace {

/// The smallest sum of a code, within the channel's bound.
struct Step {
  double before;  // the least value that rounds to the code, where nearest ties are left aside
  std::int64_t sum;
};

std::vector<Step> steps_of(const integrad_output_stage& stage, integrad_scale scale,
                           std::int64_t bound) {
  const auto code = [&](std::int64_t sum) {
    return integrad_requantize_unclamped(static_cast<std::int32_t>(sum), scale, stage.rounding,
                                         stage.zero_point);
  };
  const double factor = std::ldexp(scale.multiplier, scale.shift - 31);
  std::vector<Step> steps;
  for (std::int32_t c = stage.low + 1; c <= stage.high; ++c) {
    const double near = std::ceil((c - 0.5 - stage.zero_point) / factor);
    const double limit = static_cast<double>(bound);
    auto sum = static_cast<std::int64_t>(std::clamp(near, -limit, limit));
    while (sum > -bound && code(sum - 1) >= c) --sum;
    while (sum <= bound && code(sum) < c) ++sum;
    if (sum > -bound && sum <= bound) steps.push_back({c - 0.5, sum});
  }
  return steps;
}

/// Where a number may lie.
struct Interval {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  bool bounded() const { return std::isfinite(low) && std::isfinite(high); }
  double middle() const { return low + (high - low) / 2; }
};

constexpr int kFactors = 33, kPlaces = 25;
constexpr double kLineSlack = 0x1p-15;  // a few units in the last place of a code's value

double as_float(std::int64_t sum) {
  return static_cast<double>(static_cast<float>(sum));
}

float code_by(const CodeLine& line, std::int64_t sum) {
  return std::nearbyint(
      std::fma(static_cast<float>(sum), line.factor, sum < 0 ? line.below : line.start));
}

bool follows(const CodeLine& line, std::span<const Step> steps) {
  return std::ranges::all_of(steps, [&](const Step& s) {
    return code_by(line, s.sum) > s.before && code_by(line, s.sum - 1) < s.before;
  });
}

/// Whether the codes on both sides of the sign are right. With `signs` the line is two, each of
/// which never falls: between the sign and the next step of either no step would see a wrong one.
bool crosses_zero(const CodeLine& line, const integrad_output_stage& stage, integrad_scale scale) {
  const auto low = static_cast<float>(stage.low), high = static_cast<float>(stage.high);
  const auto right = [&](std::int32_t sum) {
    return std::clamp(code_by(line, sum), low, high) ==
           static_cast<float>(integrad_requantize(sum, scale, stage.rounding, stage.zero_point,
                                                  stage.low, stage.high));
  };
  return right(-1) && right(0);
}

// Number `place` of an interval's, from the middle outwards, a little beyond its ends too.
float placed(const Interval& interval, int place) {
  const double step = std::max(interval.high - interval.low, kLineSlack) / kPlaces;
  const int outwards = (place + 1) / 2 * (place % 2 == 0 ? 1 : -1);
  return static_cast<float>(interval.middle() + outwards * step);
}

template <class Crosses>
std::optional<CodeLine> line_with(float factor, std::span<const Step> steps, bool signs,
                                  Crosses crosses) {
  Interval start, below;  // of sums below 0, where they have one of their own
  for (const Step& s : steps) {
    Interval& at = signs && s.sum < 0 ? below : start;
    Interval& before = signs && s.sum <= 0 ? below : start;
    at.low = std::max(at.low, s.before - as_float(s.sum) * static_cast<double>(factor));
    before.high =
        std::min(before.high, s.before - as_float(s.sum - 1) * static_cast<double>(factor));
  }
  if (!start.bounded()) start = below;
  if (!below.bounded()) below = start;
  if (!start.bounded() || start.low > start.high + kLineSlack ||
      below.low > below.high + kLineSlack)
    return std::nullopt;
  for (int place = 0; place < kPlaces; ++place)
    for (int other = 0; other < (signs ? kPlaces : 1); ++other) {
      const float from = placed(start, place);
      const CodeLine line{factor, from, signs ? placed(below, other) : from};
      if (crosses(line) && follows(line, steps)) return line;
    }
  return std::nullopt;
}

std::optional<CodeLine> find_line(const integrad_output_stage& stage, integrad_scale scale,
                                  std::int64_t bound, bool signs) {
  const auto constant = [&] {
    const std::int32_t code =
        integrad_requantize_unclamped(0, scale, stage.rounding, stage.zero_point);
    return CodeLine{0, static_cast<float>(code), static_cast<float>(code)};
  };
  if (scale.multiplier == 0) return constant();
  if (scale.shift >= 0 || scale.multiplier < 0 || bound > INT32_MAX) return std::nullopt;
  const std::vector<Step> steps = steps_of(stage, scale, bound);
  if (steps.empty()) return constant();
  const auto nearest = static_cast<float>(std::ldexp(scale.multiplier, scale.shift - 31));
  float above = nearest, below = nearest;
  for (int i = 0; i < kFactors; ++i) {
    const float factor = i == 0       ? nearest
                         : i % 2 == 0 ? above = std::nextafter(above, 1.0f)
                                      : below = std::nextafter(below, 0.0f);
    const auto line = line_with(factor, steps, signs, [&](const CodeLine& each) {
      return !signs || crosses_zero(each, stage, scale);
    });
    if (line.has_value()) return line;
  }
  return std::nullopt;
}

/// What was found for the numbers of a layer; threads may ask at once.
template <class Found>
class Memory {
 public:
  template <class Search>
  Found find(std::vector<std::int64_t> numbers, Search search) {
    const std::lock_guard guard(lock_);
    if (const auto known = known_.find(numbers); known != known_.end()) return known->second;
    if (known_.size() >= kMost) known_.clear();
    return known_.emplace(std::move(numbers), search()).first->second;
  }

 private:
  static constexpr std::size_t kMost = 4096;  // layers
  std::mutex lock_;
  std::map<std::vector<std::int64_t>, Found> known_;
};

/// The codes of all pairs, the first operand's slowest.
std::vector<std::int8_t> codes_of_pairs(const integrad_add& layer, bool swapped) {
  std::vector<std::int8_t> codes;
  for (std::int32_t x1 = INT8_MIN; x1 <= INT8_MAX; ++x1)
    for (std::int32_t x2 = INT8_MIN; x2 <= INT8_MAX; ++x2) {
      const std::int32_t sum =
          swapped ? integrad_add_unclamped(&layer, x2, x1) : integrad_add_unclamped(&layer, x1, x2);
      codes.push_back(static_cast<std::int8_t>(integrad_clamp(sum, layer.low, layer.high)));
    }
  return codes;
}

bool follows(const SumLine& line, const integrad_add& layer, std::span<const std::int8_t> codes) {
  const auto low = static_cast<float>(layer.low), high = static_cast<float>(layer.high);
  std::size_t at = 0;
  for (int x1 = INT8_MIN; x1 <= INT8_MAX; ++x1)
    for (int x2 = INT8_MIN; x2 <= INT8_MAX; ++x2) {
      const float value = std::fma(static_cast<float>(x1), line.factor1,
                                   std::fma(static_cast<float>(x2), line.factor2, line.offset));
      if (std::clamp(std::nearbyint(value), low, high) != static_cast<float>(codes[at++]))
        return false;
    }
  return true;
}

std::optional<SumLine> find_sum_line(const integrad_add& layer, bool swapped,
                                     const SumLine& start) {
  constexpr int kOffsets = 25;
  constexpr float kOffsetStep = 0x1p-20f;
  const std::vector<std::int8_t> codes = codes_of_pairs(layer, swapped);
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float second : {start.factor2, std::nextafter(start.factor2, 0.0f),
                             std::nextafter(start.factor2, infinity)})
    for (const float first : {start.factor1, std::nextafter(start.factor1, 0.0f),
                              std::nextafter(start.factor1, infinity)})
      for (int i = 0; i < kOffsets; ++i) {
        const int outwards = (i + 1) / 2 * (i % 2 == 0 ? 1 : -1);
        const float away = static_cast<float>(outwards) * kOffsetStep;
        const SumLine line{first, second, start.offset + away};
        if (follows(line, layer, codes)) return line;
      }
  return std::nullopt;
}

}  // namespace

std::shared_ptr<const CodeLines> code_lines(const integrad_output_stage& stage,
                                            std::span<const integrad_scale> scales,
                                            std::span<const std::int64_t> bounds, bool signs) {
  static Memory<std::shared_ptr<const CodeLines>> memory;
  std::vector<std::int64_t> numbers{stage.zero_point, stage.low, stage.high, stage.rounding, signs};
  for (std::size_t c = 0; c < scales.size(); ++c)
    numbers.insert(numbers.end(), {scales[c].multiplier, scales[c].shift, bounds[c]});
  return memory.find(std::move(numbers), [&]() -> std::shared_ptr<const CodeLines> {
    CodeLines lines;
    for (std::size_t c = 0; c < scales.size(); ++c) {
      const auto line = find_line(stage, scales[c], bounds[c], signs);
      if (!line.has_value()) return nullptr;
      lines.push_back(*line);
    }
    return std::make_shared<const CodeLines>(std::move(lines));
  });
}

std::optional<SumLine> sum_line(const integrad_add& layer, bool swapped, const SumLine& start) {
  static Memory<std::optional<SumLine>> memory;
  const auto bits = [](float value) { return std::int64_t{std::bit_cast<std::int32_t>(value)}; };
  return memory.find(
      {layer.zero_point1, layer.zero_point2, layer.scale1.multiplier, layer.scale1.shift,
       layer.scale2.multiplier, layer.scale2.shift, layer.output_scale.multiplier,
       layer.output_scale.shift, layer.left_shift, layer.zero_point, layer.low, layer.high,
       layer.rounding, swapped, bits(start.factor1), bits(start.factor2), bits(start.offset)},
      [&] { return find_sum_line(layer, swapped, start); });
}

}  // namespace integrad::kernels::int8
