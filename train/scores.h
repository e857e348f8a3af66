#pragma once
#include <string>
#include <vector>

#include "integrad/train/metrics.h"

namespace integrad {

/// One row of an evaluation: an arithmetic, or a human observer.
struct ScoreRow {
  std::string name;
  SegmentationScore pooled;
  std::vector<SegmentationScore> images;
};

/// The rows over the same pixels.
struct ScoreTable {
  bool within_field_of_view;
  std::vector<ScoreRow> rows;
};

/// What was scored.
struct ScoredModel {
  std::string model, data, part;
};

/// Counts and figures in full precision; a figure that is not a number becomes null.
std::string to_json(const ScoredModel& what, const ScoreTable& table);
/// Several tables, as "tables".
std::string to_json(const ScoredModel& what, const std::vector<ScoreTable>& tables);

}  // namespace integrad
