#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "integrad/tensor/shape.h"

namespace integrad {

/// Pixels of a binary segmentation, counted against the truth. Counts of several images are added:
/// the pooled figure is that of all their pixels, not the mean of the images' figures.
struct Confusion {
  Index true_positive = 0, false_positive = 0, true_negative = 0, false_negative = 0;

  Confusion& operator+=(const Confusion& other);
  Index pixels() const { return true_positive + false_positive + true_negative + false_negative; }
  bool operator==(const Confusion&) const = default;

  /// 2 TP / (2 TP + FP + FN); 1 when neither truth nor prediction has a positive (they agree).
  double dice() const;
  /// TP / (TP + FP + FN), the intersection over the union; 1 in the same case.
  double jaccard() const;
  /// (TP + TN) / pixels; NaN without pixels.
  double accuracy() const;
  /// TP / (TP + FN); NaN without a positive in the truth.
  double sensitivity() const;
  /// TN / (TN + FP); NaN without a negative in the truth.
  double specificity() const;
};

/// Counts pixels; a pixel is predicted positive when its score *exceeds* the threshold (0 for
/// logits, 0.5 for probabilities, the zero point for int8 codes). Truth: 0 or not. Where
/// `field_of_view` is not empty, pixels with 0 there are left out. Throws Error when the sizes
/// differ or, here and below, a score is NaN. T is float or int8_t.
template <class T>
Confusion confusion(std::span<const T> scores, T threshold, std::span<const std::uint8_t> truth,
                    std::span<const std::uint8_t> field_of_view = {});
/// The same for a prediction that is a mask already: 0 or not (a second observer).
Confusion confusion(std::span<const std::uint8_t> prediction, std::span<const std::uint8_t> truth,
                    std::span<const std::uint8_t> field_of_view = {});

/// Area under the ROC curve, exactly: the share of (positive, negative) pixel pairs whose scores
/// are in the right order, ties counted half. NaN unless both classes occur. Integers are compared
/// and counted, so the value does not depend on an order of summation.
template <class T>
double area_under_curve(std::span<const T> scores, std::span<const std::uint8_t> truth,
                        std::span<const std::uint8_t> field_of_view = {});

/// Scores of both classes, from which the area under the ROC curve follows; those of several images
/// are added. Floats are kept, four bytes each, int8 codes counted.
template <class T>
class Ranks;

template <>
class Ranks<float> {
 public:
  void add(std::span<const float> scores, std::span<const std::uint8_t> truth,
           std::span<const std::uint8_t> field_of_view = {});
  void add(Ranks&& other);
  double area_under_curve() const;

 private:
  // Numbers of the same order. Pairs are counted run by run, so runs need no order among them.
  std::vector<std::uint32_t> positive_;
  std::vector<std::vector<std::uint32_t>> negative_;  ///< sorted runs
};

template <>
class Ranks<std::int8_t> {
 public:
  void add(std::span<const std::int8_t> scores, std::span<const std::uint8_t> truth,
           std::span<const std::uint8_t> field_of_view = {});
  void add(Ranks&& other);
  double area_under_curve() const;

 private:
  std::array<std::array<std::uint64_t, 256>, 2> histogram_{};  ///< by class, then code + 128
};

/// One image's figures, or those of all images pooled.
struct SegmentationScore {
  std::string name;
  Confusion counts;
  double auc = 0;
};

/// Collects images, then gives each one's figures and the pooled ones.
template <class T>
class SegmentationScorer {
 public:
  explicit SegmentationScorer(T threshold) : threshold_(threshold) {}
  void add(std::string name, std::span<const T> scores, std::span<const std::uint8_t> truth,
           std::span<const std::uint8_t> field_of_view = {});

  const std::vector<SegmentationScore>& images() const { return images_; }
  SegmentationScore pooled() const;

 private:
  T threshold_;
  std::vector<SegmentationScore> images_;
  Ranks<T> ranks_;  ///< of all images
};

}  // namespace integrad
