#include "integrad/train/metrics.h"

#include <atomic>
#include <limits>

#include "integrad/train/scored_pixels.h"

namespace integrad {

namespace {

double ratio(Index part, Index whole, double if_empty) {
  return whole == 0 ? if_empty : static_cast<double>(part) / static_cast<double>(whole);
}
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

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

template Confusion confusion(std::span<const float>, float, std::span<const std::uint8_t>,
                             std::span<const std::uint8_t>);
template Confusion confusion(std::span<const std::int8_t>, std::int8_t,
                             std::span<const std::uint8_t>, std::span<const std::uint8_t>);
template class SegmentationScorer<float>;
template class SegmentationScorer<std::int8_t>;

}  // namespace integrad
