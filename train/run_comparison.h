#pragma once
#include <span>
#include <string>
#include <vector>

#include "integrad/train/trainer.h"

namespace integrad {

/// A run as its folder tells it.
struct ComparedRun {
  std::string name;
  std::vector<EpochLog> log;
  std::vector<std::string> settings;  ///< one for each name of the comparison
};

struct RunComparison {
  std::vector<std::string> setting_names;  ///< those in which the runs differ
  std::vector<ComparedRun> runs;
};

/// So many runs can be told apart in one chart.
inline constexpr std::size_t kMostCompared = 8;

/// The last row that has scores of the test images; null without any.
const EpochLog* last_scored(const std::vector<EpochLog>& log);

/// One HTML page: how the runs differ and where they ended, and their curves over one another.
/// Throws Error without runs, for more than kMostCompared, and for a run whose settings are not as
/// many as the names.
std::string make_run_comparison(const RunComparison& comparison);

}  // namespace integrad
