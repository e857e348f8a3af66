#pragma once
#include <string>
#include <vector>

#include "integrad/train/metrics.h"

namespace integrad::cli {

/// One row of an evaluation: an arithmetic, or a human observer.
struct ScoreRow {
  std::string name;
  SegmentationScore pooled;
  std::vector<SegmentationScore> images;
};

/// Counts and figures in full precision; a figure that is not a number becomes null.
std::string to_json(const std::string& model, const std::string& data, bool within_field_of_view,
                    const std::vector<ScoreRow>& rows);

}  // namespace integrad::cli
