#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "integrad/tensor/shape.h"
#include "integrad/train/ranks.h"

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
