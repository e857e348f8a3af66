#include "integrad/train/metrics.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "integrad/tensor/error.h"

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

bool counted(std::span<const std::uint8_t> field_of_view, std::size_t i) {
  return field_of_view.empty() || field_of_view[i] != 0;
}

template <class T>
void check_number(T score) {
  if constexpr (std::is_floating_point_v<T>) require(!std::isnan(score), "a score is not a number");
}

template <class Positive>
Confusion count(std::size_t pixels, Positive positive, std::span<const std::uint8_t> truth,
                std::span<const std::uint8_t> field_of_view) {
  check_sizes(pixels, truth.size(), field_of_view.size());
  // Indexed by 2 truth + prediction, so that the loop has no branches on the data.
  std::array<Index, 4> counts{};
  for (std::size_t i = 0; i < pixels; ++i)
    if (counted(field_of_view, i)) ++counts[(truth[i] != 0 ? 2u : 0u) + (positive(i) ? 1u : 0u)];
  return {.true_positive = counts[3],
          .false_positive = counts[1],
          .true_negative = counts[0],
          .false_negative = counts[2]};
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

/// Ranks by sorting each class, then walking both at once.
double auc_by_sorting(std::vector<std::uint32_t> positive, std::vector<std::uint32_t> negative) {
  std::sort(positive.begin(), positive.end());
  std::sort(negative.begin(), negative.end());
  PairCount doubled_wins = 0;
  std::size_t below = 0, not_above = 0;
  for (const std::uint32_t score : positive) {
    while (below < negative.size() && negative[below] < score) ++below;
    while (not_above < negative.size() && negative[not_above] <= score) ++not_above;
    doubled_wins += below + not_above;
  }
  return auc_from(doubled_wins, positive.size(), negative.size());
}

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
  return count(
      scores.size(),
      [&](std::size_t i) {
        check_number(scores[i]);
        return scores[i] > threshold;
      },
      truth, field_of_view);
}

Confusion confusion(std::span<const std::uint8_t> prediction, std::span<const std::uint8_t> truth,
                    std::span<const std::uint8_t> field_of_view) {
  return count(
      prediction.size(), [&](std::size_t i) { return prediction[i] != 0; }, truth, field_of_view);
}

template <>
double area_under_curve(std::span<const float> scores, std::span<const std::uint8_t> truth,
                        std::span<const std::uint8_t> field_of_view) {
  check_sizes(scores.size(), truth.size(), field_of_view.size());
  std::vector<std::uint32_t> positive, negative;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!counted(field_of_view, i)) continue;
    check_number(scores[i]);
    (truth[i] != 0 ? positive : negative).push_back(ordered(scores[i]));
  }
  return auc_by_sorting(std::move(positive), std::move(negative));
}

template <>
double area_under_curve(std::span<const std::int8_t> scores, std::span<const std::uint8_t> truth,
                        std::span<const std::uint8_t> field_of_view) {
  check_sizes(scores.size(), truth.size(), field_of_view.size());
  std::array<std::array<std::uint64_t, 256>, 2> histogram{};  // by class, then code + 128
  for (std::size_t i = 0; i < scores.size(); ++i)
    if (counted(field_of_view, i))
      ++histogram[truth[i] != 0 ? 1 : 0][static_cast<std::size_t>(scores[i] + 128)];
  PairCount doubled_wins = 0;
  std::uint64_t positives = 0, negatives = 0;
  for (std::size_t code = 0; code < 256; ++code) {
    const std::uint64_t here = histogram[0][code];
    doubled_wins += static_cast<PairCount>(histogram[1][code]) * (2 * negatives + here);
    negatives += here;
    positives += histogram[1][code];
  }
  return auc_from(doubled_wins, positives, negatives);
}

template <class T>
void SegmentationScorer<T>::add(std::string name, std::span<const T> scores,
                                std::span<const std::uint8_t> truth,
                                std::span<const std::uint8_t> field_of_view) {
  images_.push_back({std::move(name), confusion(scores, threshold_, truth, field_of_view),
                     area_under_curve(scores, truth, field_of_view)});
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!counted(field_of_view, i)) continue;
    scores_.push_back(scores[i]);
    truth_.push_back(truth[i]);
  }
}

template <class T>
SegmentationScore SegmentationScorer<T>::pooled() const {
  SegmentationScore all{"all", {}, area_under_curve(std::span<const T>(scores_), truth_)};
  for (const SegmentationScore& image : images_) all.counts += image.counts;
  return all;
}

template Confusion confusion(std::span<const float>, float, std::span<const std::uint8_t>,
                             std::span<const std::uint8_t>);
template Confusion confusion(std::span<const std::int8_t>, std::int8_t,
                             std::span<const std::uint8_t>, std::span<const std::uint8_t>);
template class SegmentationScorer<float>;
template class SegmentationScorer<std::int8_t>;

}  // namespace integrad
