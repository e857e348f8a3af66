#pragma once
#include <cstdint>

#include "integrad/train/checkpoint.h"
#include "integrad/train/config.h"

namespace integrad {

/// What a run will take, by a step that was made on few pixels: both are proportional to pixels.
struct RunEstimate {
  double seconds = 0;           ///< of all steps, scores on the test images not included
  std::int64_t bytes = 0;       ///< of a step's maps and gradients at once, and the next batches
  Index height = 0, width = 0;  ///< of what the step was made on
};

/// Makes two steps of the run's kind (stage, precision, ranges) on noise of at most 256x256 pixels,
/// and times the second. `images`: of an epoch.
RunEstimate estimate_run(const TrainConfig& config, Checkpoint::Stage stage, Index images);

}  // namespace integrad
