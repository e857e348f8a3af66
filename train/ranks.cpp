#include "integrad/train/ranks.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>

#include "integrad/train/scored_pixels.h"

#ifdef INTEGRAD_HIGHWAY
#include <hwy/contrib/sort/vqsort.h>
#include <hwy/targets.h>
#endif

namespace integrad {

namespace {

/// Pairs in the right order, doubled so that a tie's half is an integer; below 2^96.
__extension__ using PairCount = unsigned __int128;

double auc_from(PairCount doubled_wins, std::uint64_t positives, std::uint64_t negatives) {
  if (positives == 0 || negatives == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(doubled_wins) /
         (2.0 * static_cast<double>(positives) * static_cast<double>(negatives));
}

/// Turns floats' bits into integers of the same order; -0 and +0 become one.
void order(std::span<std::int32_t> keys) {
  for (std::int32_t& key : keys) {
    const auto bits = std::bit_cast<std::int32_t>(std::bit_cast<float>(key) + 0.0f);
    key = bits < 0 ? bits ^ std::numeric_limits<std::int32_t>::max() : bits;
  }
}

#ifdef INTEGRAD_HIGHWAY
/// With AVX-512 Highway 1.0.3 parts keys by stores that compress, which AMD's processors take many
/// times as long for as all else; its AVX2 has none. Later ones know (AVX3_ZEN4, another target).
void avoid_slow_targets() {
#if defined(__x86_64__) || defined(__i386__)
  static const bool once = [] {
    if (__builtin_cpu_is("amd")) hwy::DisableTargets(HWY_AVX3 | HWY_AVX3_DL);
    return true;
  }();
  static_cast<void>(once);
#endif
}
#endif

/// Ascending; Highway sorts with vector instructions (integers: it loses infinite floats).
void sort(std::span<std::int32_t> keys) {
#ifdef INTEGRAD_HIGHWAY
  avoid_slow_targets();
  hwy::Sorter()(keys.data(), keys.size(), hwy::SortAscending());
#else
  std::ranges::sort(keys);
#endif
}

/// Pairs in the right order between sorted scores, doubled, ties counted once; walks each once.
/// Where the classes lie apart, scores go many at a time.
PairCount doubled_wins(std::span<const std::int32_t> positive,
                       std::span<const std::int32_t> negative) {
  constexpr std::size_t kMany = 16;
  PairCount wins = 0;
  std::size_t below = 0, not_above = 0;
  for (std::size_t i = 0; i < positive.size();) {
    const std::int32_t score = positive[i];
    while (below + kMany <= negative.size() && negative[below + kMany - 1] < score) below += kMany;
    while (below < negative.size() && negative[below] < score) ++below;
    not_above = std::max(not_above, below);
    while (not_above < negative.size() && negative[not_above] == score) ++not_above;
    std::size_t alike = 1;  // positives that have the same negatives below them
    if (i + kMany <= positive.size() &&
        (positive[i + kMany - 1] == score || below == negative.size() ||
         positive[i + kMany - 1] < negative[below]))
      alike = kMany;
    wins += static_cast<PairCount>(alike) * (below + not_above);
    i += alike;
  }
  return wins;
}

/// The negatives of about so many pixels are sorted at a time: they fit into a processor's own
/// cache.
constexpr std::size_t kRun = std::size_t{1} << 18;
/// Pixels of a run: all runs alike, an even number where there are several, so that cores finish
/// together.
std::size_t run_pixels(std::size_t pixels) {
  const std::size_t runs = part_count(pixels, kRun), even = runs > 1 ? runs + runs % 2 : 1;
  return std::max<std::size_t>(part_count(pixels, even), 1);
}

}  // namespace

void Ranks<float>::add(std::span<const float> scores, std::span<const std::uint8_t> truth,
                       std::span<const std::uint8_t> field_of_view) {
  check_sizes(scores.size(), truth.size(), field_of_view.size());
  check_numbers(scores, field_of_view);
  const std::size_t pixels = run_pixels(scores.size());
  const std::size_t runs = part_count(scores.size(), pixels), first = negative_.size();
  negative_.resize(first + runs);
  std::vector<Keys> positive(runs);
  each_part(scores.size(), pixels, [&](std::size_t run, std::size_t begin, std::size_t end) {
    Keys won(end - begin + 1), lost(end - begin + 1);
    // Every score is written to both and stays in one: no branches on the data.
    std::size_t positives = 0, negatives = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const bool here = counted(field_of_view, i), in_truth = truth[i] != 0;
      won.memory.data()[positives] = lost.memory.data()[negatives] =
          std::bit_cast<std::int32_t>(scores[i]);
      positives += here && in_truth;
      negatives += here && !in_truth;
    }
    won.count = positives;
    lost.count = negatives;
    order(won.values());
    order(lost.values());
    sort(lost.values());
    positive[run] = std::move(won);
    negative_[first + run] = std::move(lost);
  });
  positive_.push_back(sorted(positive));
}

Ranks<float>::Keys Ranks<float>::sorted(std::span<const Keys> parts) {
  std::size_t count = 0;
  for (const Keys& part : parts) count += part.count;
  Keys all(count);
  for (const Keys& part : parts) {
    std::ranges::copy(part.values(), all.memory.data() + all.count);
    all.count += part.count;
  }
  sort(all.values());
  return all;
}

void Ranks<float>::add(Ranks&& other) {
  std::ranges::move(other.positive_, std::back_inserter(positive_));
  std::ranges::move(other.negative_, std::back_inserter(negative_));
}

double Ranks<float>::area_under_curve() const {
  const Keys of_several = positive_.size() == 1 ? Keys() : sorted(positive_);
  const auto positive = positive_.size() == 1 ? positive_[0].values() : of_several.values();
  std::vector<PairCount> wins(negative_.size());
  parallel_chunks(static_cast<Index>(wins.size()), [&](Index run) {
    const auto i = static_cast<std::size_t>(run);
    wins[i] = doubled_wins(positive, negative_[i].values());
  });
  PairCount all = 0;
  std::uint64_t negatives = 0;
  for (std::size_t i = 0; i < wins.size(); ++i) {
    all += wins[i];
    negatives += negative_[i].count;
  }
  return auc_from(all, positive.size(), negatives);
}

void Ranks<std::int8_t>::add(std::span<const std::int8_t> scores,
                             std::span<const std::uint8_t> truth,
                             std::span<const std::uint8_t> field_of_view) {
  check_sizes(scores.size(), truth.size(), field_of_view.size());
  // Neighbours often have the same code: four tables in turn, so that no count waits for the last.
  constexpr std::size_t kTables = 4;
  std::array<std::array<std::array<Index, 256>, 2>, kTables> tables{};
  for (std::size_t i = 0; i < scores.size(); ++i)
    tables[i % kTables][truth[i] != 0][static_cast<std::size_t>(scores[i] + 128)] +=
        counted(field_of_view, i);
  for (const auto& table : tables)
    for (std::size_t t = 0; t < 2; ++t)
      for (std::size_t code = 0; code < 256; ++code)
        histogram_[t][code] += static_cast<std::uint64_t>(table[t][code]);
}

void Ranks<std::int8_t>::add(Ranks&& other) {
  for (std::size_t truth = 0; truth < 2; ++truth)
    for (std::size_t code = 0; code < 256; ++code)
      histogram_[truth][code] += other.histogram_[truth][code];
}

double Ranks<std::int8_t>::area_under_curve() const {
  PairCount wins = 0;
  std::uint64_t positives = 0, negatives = 0;
  for (std::size_t code = 0; code < 256; ++code) {
    const std::uint64_t here = histogram_[0][code];
    wins += static_cast<PairCount>(histogram_[1][code]) * (2 * negatives + here);
    negatives += here;
    positives += histogram_[1][code];
  }
  return auc_from(wins, positives, negatives);
}

template <class T>
double area_under_curve(std::span<const T> scores, std::span<const std::uint8_t> truth,
                        std::span<const std::uint8_t> field_of_view) {
  Ranks<T> ranks;
  ranks.add(scores, truth, field_of_view);
  return ranks.area_under_curve();
}

template double area_under_curve(std::span<const float>, std::span<const std::uint8_t>,
                                 std::span<const std::uint8_t>);
template double area_under_curve(std::span<const std::int8_t>, std::span<const std::uint8_t>,
                                 std::span<const std::uint8_t>);

}  // namespace integrad
