#pragma once
#include <functional>
#include <string>
#include <vector>

#include "integrad/train/checkpoint.h"
#include "integrad/train/dataset.h"
#include "integrad/train/levels.h"
#include "integrad/train/metrics.h"

namespace integrad {

/// Which arithmetic computes a prediction.
enum class Arithmetic {
  floating,    ///< the float model, batch norm folded
  fake_quant,  ///< the training-time quantised forward
  integer,     ///< the integer runner: int8 logits
};
std::string_view name_of(Arithmetic arithmetic);

/// Scores of one arithmetic over a set of samples.
struct Evaluation {
  Arithmetic arithmetic;
  std::vector<SegmentationScore> images;
  SegmentationScore pooled;
  /// The logits' sign for each sample: 1 where the model sees a vessel, [1,h,w,1].
  std::vector<Image> masks;
};

/// Predicts every sample (at its own size; both sides must suit the model) and scores it: positive
/// where the logit exceeds 0, for int8 where the code exceeds the zero point. With
/// `within_field_of_view` pixels outside it are left out. Throws Error for an arithmetic that the
/// checkpoint cannot do.
///
/// A model that was trained on shrunken images sees them shrunken; logits that are smaller than the
/// truth are enlarged.
Evaluation evaluate(const Checkpoint& checkpoint, std::span<const Sample> samples,
                    Arithmetic arithmetic, bool within_field_of_view = false,
                    Enlargement enlargement = Enlargement::bilinear);

/// The same over several extents (true: within the field of view), predicting every sample once; an
/// evaluation for each extent.
std::vector<Evaluation> evaluate_extents(const Checkpoint& checkpoint,
                                         std::span<const Sample> samples, Arithmetic arithmetic,
                                         const std::vector<bool>& within_field_of_view,
                                         Enlargement enlargement = Enlargement::bilinear);

/// How many times smaller, along each side, the network sees images; from the run's settings.
Index shrink_of(const Checkpoint& checkpoint);

/// The logits of one image [1,h,w,3] in [0,1] -> [1,h,w,1].
Tensor<float> predict(const Checkpoint& checkpoint, const Tensor<float>& image,
                      Arithmetic arithmetic);

}  // namespace integrad
