#pragma once
#include <ostream>
#include <string>
#include <vector>

#include "integrad/train/scores.h"

namespace integrad::cli {

/// For reading: the pooled figures, and each image's when wanted.
void print(std::ostream& out, const ScoredModel& what, const ScoreTable& table, bool per_image);

/// Markdown: pooled figures, and the mean over the images.
std::string to_markdown(const ScoredModel& what, const std::vector<ScoreTable>& tables);

}  // namespace integrad::cli
