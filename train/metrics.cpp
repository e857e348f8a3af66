#include "integrad/train/metrics.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <type_traits>

#include "integrad/tensor/error.h"
#include "integrad/tensor/parallel.h"

namespace integrad {

namespace {

double ratio(Index part, Index whole, double if_empty) {
  return whole == 0 ? if_empty : static_cast<double>(part) / static_cast<double>(whole);
}
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

void check_sizes(std::size_t scores, std::size_t truth, std::size_t field_of_view) {
  require(scores == truth, "metrics need one truth for each score; got ", scores, " scores, ",
          truth, " truths");
  require(field_of_view == 0 || field_of_view == truth, "a field of view of ", field_of_view,
          " pixels does not fit an image of ", truth);
}

constexpr std::size_t kPart = 1 << 16;  // pixels

bool counted(std::span<const std::uint8_t> field_of_view, std::size_t i) {
  return field_of_view.empty() || field_of_view[i] != 0;
}

/// part(number, first pixel, behind the last) on several threads, for parts of `size` pixels.
template <class Part>
void each_part(std::size_t pixels, std::size_t size, Part part) {
  parallel_chunks(static_cast<Index>((pixels + size - 1) / size), [&](Index number) {
    const std::size_t begin = static_cast<std::size_t>(number) * size;
    part(static_cast<std::size_t>(number), begin, std::min(pixels, begin + size));
  });
}

template <class T>
void check_numbers(std::span<const T> scores, std::span<const std::uint8_t> field_of_view) {
  if constexpr (std::is_floating_point_v<T>) {
    std::atomic<bool> all = true;
    each_part(scores.size(), kPart, [&](std::size_t, std::size_t begin, std::size_t end) {
      // Without a branch on the data: the compiler turns the usual case into vectors.
      bool numbers = true;
      if (field_of_view.empty())
        for (std::size_t i = begin; i < end; ++i) numbers &= scores[i] == scores[i];
      else
        for (std::size_t i = begin; i < end; ++i)
          numbers &= field_of_view[i] == 0 || scores[i] == scores[i];
      if (!numbers) all = false;
    });
    require(all, "a score is not a number");
  }
}

template <class Positive>
Confusion count(std::size_t pixels, Positive positive, std::span<const std::uint8_t> truth,
                std::span<const std::uint8_t> field_of_view) {
  check_sizes(pixels, truth.size(), field_of_view.size());
  std::atomic<Index> all = 0, truths = 0, predictions = 0, both = 0;
  each_part(pixels, kPart, [&](std::size_t, std::size_t begin, std::size_t end) {
    // Short sums without branches on the data, which the compiler turns into vectors.
    std::uint32_t inside = 0, in_truth = 0, predicted = 0, hits = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint32_t here = counted(field_of_view, i), t = truth[i] != 0, p = positive(i);
      inside += here;
      in_truth += here & t;
      predicted += here & p;
      hits += here & t & p;
    }
    all += inside;
    truths += in_truth;
    predictions += predicted;
    both += hits;
  });
  return {.true_positive = both,
          .false_positive = predictions - both,
          .true_negative = all - truths - predictions + both,
          .false_negative = truths - both};
}

/// Pairs in the right order, doubled so that a tie's half is an integer; below 2^96.
__extension__ using PairCount = unsigned __int128;

double auc_from(PairCount doubled_wins, std::uint64_t positives, std::uint64_t negatives) {
  if (positives == 0 || negatives == 0) return kUndefined;
  return static_cast<double>(doubled_wins) /
         (2.0 * static_cast<double>(positives) * static_cast<double>(negatives));
}

/// A float's bits as an unsigned number of the same order; -0 and +0 become one.
std::uint32_t ordered(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value + 0.0f);
  return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

/// Sorts by 11, 11 and 10 bits from the lowest: a million scores in a tenth of std::sort's time.
void radix_sort(std::span<std::uint32_t> keys) {
  constexpr std::array<unsigned, 3> kShift{0, 11, 22};
  constexpr std::uint32_t kDigits = 2048;
  std::array<std::array<std::size_t, kDigits>, 3> places{};
  const auto digit = [&](std::uint32_t key, std::size_t pass) {
    return key >> kShift[pass] & (kDigits - 1);
  };
  for (const std::uint32_t key : keys)
    for (std::size_t pass = 0; pass < 3; ++pass) ++places[pass][digit(key, pass)];
  std::vector<std::uint32_t> other(keys.size());
  std::span<std::uint32_t> from = keys, to = other;
  for (std::size_t pass = 0; pass < 3; ++pass) {
    std::exclusive_scan(places[pass].begin(), places[pass].end(), places[pass].begin(),
                        std::size_t{0});
    for (const std::uint32_t key : from) to[places[pass][digit(key, pass)]++] = key;
    std::swap(from, to);
  }
  std::ranges::copy(from, keys.begin());  // three passes end in the other one
}

/// Pairs in the right order between sorted scores, doubled, ties counted once; walks each once.
PairCount doubled_wins(std::span<const std::uint32_t> positive,
                       std::span<const std::uint32_t> negative) {
  PairCount wins = 0;
  std::size_t below = 0, not_above = 0;
  for (const std::uint32_t score : positive) {
    while (below < negative.size() && negative[below] < score) ++below;
    not_above = std::max(not_above, below);
    while (not_above < negative.size() && negative[not_above] == score) ++not_above;
    wins += below + not_above;
  }
  return wins;
}

/// The negatives of so many pixels are sorted at a time: they fit into a processor's own cache.
constexpr std::size_t kRun = std::size_t{1} << 18;

}  // namespace

Confusion& Confusion::operator+=(const Confusion& other) {
  true_positive += other.true_positive;
  false_positive += other.false_positive;
  true_negative += other.true_negative;
  false_negative += other.false_negative;
  return *this;
}

double Confusion::dice() const {
  return ratio(2 * true_positive, 2 * true_positive + false_positive + false_negative, 1);
}
double Confusion::jaccard() const {
  return ratio(true_positive, true_positive + false_positive + false_negative, 1);
}
double Confusion::accuracy() const {
  return ratio(true_positive + true_negative, pixels(), kUndefined);
}
double Confusion::sensitivity() const {
  return ratio(true_positive, true_positive + false_negative, kUndefined);
}
double Confusion::specificity() const {
  return ratio(true_negative, true_negative + false_positive, kUndefined);
}

template <class T>
Confusion confusion(std::span<const T> scores, T threshold, std::span<const std::uint8_t> truth,
                    std::span<const std::uint8_t> field_of_view) {
  check_sizes(scores.size(), truth.size(), field_of_view.size());
  check_numbers(scores, field_of_view);
  return count(
      scores.size(), [&](std::size_t i) { return scores[i] > threshold; }, truth, field_of_view);
}

Confusion confusion(std::span<const std::uint8_t> prediction, std::span<const std::uint8_t> truth,
                    std::span<const std::uint8_t> field_of_view) {
  return count(
      prediction.size(), [&](std::size_t i) { return prediction[i] != 0; }, truth, field_of_view);
}

void Ranks<float>::add(std::span<const float> scores, std::span<const std::uint8_t> truth,
                       std::span<const std::uint8_t> field_of_view) {
  check_sizes(scores.size(), truth.size(), field_of_view.size());
  check_numbers(scores, field_of_view);
  const std::size_t runs = (scores.size() + kRun - 1) / kRun, first = negative_.size();
  negative_.resize(first + runs);
  std::vector<std::vector<std::uint32_t>> positive(runs);
  each_part(scores.size(), kRun, [&](std::size_t run, std::size_t begin, std::size_t end) {
    std::vector<std::uint32_t>&won = positive[run], &lost = negative_[first + run];
    // Every score is written to both and stays in one: no branches on the data.
    won.resize(end - begin + 1);
    lost.resize(end - begin + 1);
    std::size_t positives = 0, negatives = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const bool here = counted(field_of_view, i), in_truth = truth[i] != 0;
      won[positives] = lost[negatives] = ordered(scores[i]);
      positives += here && in_truth;
      negatives += here && !in_truth;
    }
    won.resize(positives);
    lost.resize(negatives);
    radix_sort(lost);
  });
  for (const std::vector<std::uint32_t>& won : positive)
    positive_.insert(positive_.end(), won.begin(), won.end());
}

void Ranks<float>::add(Ranks&& other) {
  positive_.insert(positive_.end(), other.positive_.begin(), other.positive_.end());
  std::ranges::move(other.negative_, std::back_inserter(negative_));
}

double Ranks<float>::area_under_curve() const {
  std::vector<std::uint32_t> positive = positive_;
  radix_sort(positive);
  std::vector<PairCount> wins(negative_.size());
  parallel_chunks(static_cast<Index>(wins.size()), [&](Index run) {
    const auto i = static_cast<std::size_t>(run);
    wins[i] = doubled_wins(positive, negative_[i]);
  });
  PairCount all = 0;
  std::uint64_t negatives = 0;
  for (std::size_t i = 0; i < wins.size(); ++i) {
    all += wins[i];
    negatives += negative_[i].size();
  }
  return auc_from(all, positive_.size(), negatives);
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

template <class T>
void SegmentationScorer<T>::add(std::string name, std::span<const T> scores,
                                std::span<const std::uint8_t> truth,
                                std::span<const std::uint8_t> field_of_view) {
  Ranks<T> ranks;
  ranks.add(scores, truth, field_of_view);
  images_.push_back({std::move(name), confusion(scores, threshold_, truth, field_of_view),
                     ranks.area_under_curve()});
  ranks_.add(std::move(ranks));
}

template <class T>
SegmentationScore SegmentationScorer<T>::pooled() const {
  SegmentationScore all{"all", {}, ranks_.area_under_curve()};
  for (const SegmentationScore& image : images_) all.counts += image.counts;
  return all;
}

template double area_under_curve(std::span<const float>, std::span<const std::uint8_t>,
                                 std::span<const std::uint8_t>);
template double area_under_curve(std::span<const std::int8_t>, std::span<const std::uint8_t>,
                                 std::span<const std::uint8_t>);
template Confusion confusion(std::span<const float>, float, std::span<const std::uint8_t>,
                             std::span<const std::uint8_t>);
template Confusion confusion(std::span<const std::int8_t>, std::int8_t,
                             std::span<const std::uint8_t>, std::span<const std::uint8_t>);
template class SegmentationScorer<float>;
template class SegmentationScorer<std::int8_t>;

}  // namespace integrad
