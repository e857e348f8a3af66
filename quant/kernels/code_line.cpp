#include "integrad/quant/kernels/code_line.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>

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

bool follows(const CodeLine& line, std::span<const Step> steps) {
  const auto code = [&](std::int64_t sum) {
    const float value = std::fma(static_cast<float>(sum), line.factor, line.start);
    return std::nearbyint(sum < 0 ? value + line.negative : value);
  };
  return std::ranges::all_of(
      steps, [&](const Step& s) { return code(s.sum) > s.before && code(s.sum - 1) < s.before; });
}

// Number `place` of an interval's, from the middle outwards, a little beyond its ends too.
float placed(const Interval& interval, int place) {
  const double step = std::max(interval.high - interval.low, kLineSlack) / kPlaces;
  const int outwards = (place + 1) / 2 * (place % 2 == 0 ? 1 : -1);
  return static_cast<float>(interval.middle() + outwards * step);
}

std::optional<CodeLine> line_with(float factor, std::span<const Step> steps, bool signs) {
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
  if (!start.bounded() || start.low > start.high + kLineSlack || below.low > below.high + kLineSlack)
    return std::nullopt;
  for (int place = 0; place < kPlaces; ++place)
    for (int other = 0; other < (signs ? kPlaces : 1); ++other) {
      const float from = placed(start, place);
      const CodeLine line{factor, from, signs ? placed(below, other) - from : 0};
      if (follows(line, steps)) return line;
    }
  return std::nullopt;
}

std::optional<CodeLine> find_line(const integrad_output_stage& stage, integrad_scale scale,
                                  std::int64_t bound, bool signs) {
  const auto constant = [&] {
    const std::int32_t code =
        integrad_requantize_unclamped(0, scale, stage.rounding, stage.zero_point);
    return CodeLine{0, static_cast<float>(code), 0};
  };
  if (scale.multiplier == 0) return constant();
  if (scale.shift >= 0 || scale.multiplier < 0) return std::nullopt;
  const std::vector<Step> steps = steps_of(stage, scale, bound);
  if (steps.empty()) return constant();
  const auto nearest = static_cast<float>(std::ldexp(scale.multiplier, scale.shift - 31));
  float above = nearest, below = nearest;
  for (int i = 0; i < kFactors; ++i) {
    const float factor = i == 0       ? nearest
                         : i % 2 == 0 ? above = std::nextafter(above, 1.0f)
                                      : below = std::nextafter(below, 0.0f);
    if (const auto line = line_with(factor, steps, signs)) return line;
  }
  return std::nullopt;
}

using Key = std::tuple<std::vector<std::int64_t>, bool>;

Key key_of(const integrad_output_stage& stage, std::span<const integrad_scale> scales,
           std::span<const std::int64_t> bounds, bool signs) {
  std::vector<std::int64_t> numbers{stage.zero_point, stage.low, stage.high, stage.rounding};
  for (std::size_t c = 0; c < scales.size(); ++c)
    numbers.insert(numbers.end(), {scales[c].multiplier, scales[c].shift, bounds[c]});
  return {std::move(numbers), signs};
}

constexpr std::size_t kRemembered = 4096;  // layers

}  // namespace

std::shared_ptr<const CodeLines> code_lines(const integrad_output_stage& stage,
                                            std::span<const integrad_scale> scales,
                                            std::span<const std::int64_t> bounds, bool signs) {
  static std::mutex lock;
  static std::map<Key, std::shared_ptr<const CodeLines>> known;
  Key key = key_of(stage, scales, bounds, signs);
  const std::lock_guard guard(lock);
  if (const auto found = known.find(key); found != known.end()) return found->second;
  auto lines = std::make_shared<CodeLines>();
  for (std::size_t c = 0; lines != nullptr && c < scales.size(); ++c) {
    const auto line = find_line(stage, scales[c], bounds[c], signs);
    if (line.has_value())
      lines->push_back(*line);
    else
      lines = nullptr;
  }
  if (known.size() >= kRemembered) known.clear();
  known.emplace(std::move(key), lines);
  return lines;
}

}  // namespace integrad::kernels::int8
