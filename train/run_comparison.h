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

/// What both the text and the page show: a header, then a row for each run: its name, the settings,
/// its epochs, last loss, and last scores ("-" where there are none).
std::vector<std::vector<std::string>> table_of(const RunComparison& comparison);

/// One HTML page: how the runs differ and where they ended, and their curves over one another.
/// Throws Error without runs, for more than kMostCompared, and for a run whose settings are not as
/// many as the names.
std::string make_run_comparison(const RunComparison& comparison);

}  // namespace integrad
