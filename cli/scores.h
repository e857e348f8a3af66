#pragma once
#include <ostream>
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

/// The rows over the same pixels.
struct ScoreTable {
  bool within_field_of_view;
  std::vector<ScoreRow> rows;
};

/// What was scored.
struct ScoredModel {
  std::string model, data, part;
};

/// For reading: the pooled figures, and each image's when wanted.
void print(std::ostream& out, const ScoredModel& what, const ScoreTable& table, bool per_image);

/// Markdown: pooled figures, and the mean over the images.
std::string to_markdown(const ScoredModel& what, const std::vector<ScoreTable>& tables);

/// Counts and figures in full precision; a figure that is not a number becomes null.
std::string to_json(const ScoredModel& what, const ScoreTable& table);
/// Several tables, as "tables".
std::string to_json(const ScoredModel& what, const std::vector<ScoreTable>& tables);

}  // namespace integrad::cli
