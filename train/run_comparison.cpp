#include "integrad/train/run_comparison.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "integrad/train/format.h"
#include "integrad/train/html.h"
#include "integrad/train/report_sections.h"
#include "integrad/train/svg_plot.h"

namespace integrad {

namespace {

LinePlot chart_of_runs(std::span<const ComparedRun> runs, std::string title,
                       double EpochLog::*figure) {
  LinePlot plot{std::move(title), "epoch", {}, {0}, {0}};
  for (const ComparedRun& run : runs) {
    PlotSeries series{run.name, {}, {}};
    for (const EpochLog& epoch : run.log) {
      series.x.push_back(static_cast<double>(epoch.epoch));
      series.y.push_back(epoch.*figure);
      plot.include_x.push_back(series.x.back());  // all charts of a page share their epochs
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

/// The last row that has scores of the test images; null without any.
const EpochLog* last_scored(const std::vector<EpochLog>& log) {
  const auto found = std::find_if(log.rbegin(), log.rend(),
                                  [](const EpochLog& row) { return std::isfinite(row.test_dice); });
  return found == log.rend() ? nullptr : &*found;
}

void write_row(std::ostream& out, const std::vector<std::string>& row, const char* kind) {
  out << "<tr>";
  for (const std::string& text : row)
    out << "<" << kind << ">" << escape_html(text) << "</" << kind << ">";
  out << "</tr>\n";
}

void write_table(std::ostream& out, const std::vector<std::vector<std::string>>& table) {
  out << "<div class=\"scroll\"><table>\n<thead>";
  write_row(out, table.front(), "th");
  out << "</thead>\n<tbody>\n";
  for (std::size_t i = 1; i < table.size(); ++i) write_row(out, table[i], "td");
  out << "</tbody></table></div>\n";
}

}  // namespace

std::vector<std::vector<std::string>> table_of(const RunComparison& comparison) {
  std::vector<std::string> header{"run"};
  const auto& names = comparison.setting_names;
  header.insert(header.end(), names.begin(), names.end());
  header.insert(header.end(), {"epochs", "loss", "test Dice", "test AUC"});
  std::vector<std::vector<std::string>> table{header};
  for (const ComparedRun& run : comparison.runs) {
    std::vector<std::string> row{run.name};
    row.insert(row.end(), run.settings.begin(), run.settings.end());
    const EpochLog* const scored = last_scored(run.log);
    row.push_back(format_count(std::ssize(run.log)));
    row.push_back(run.log.empty() ? "-" : format_fixed(run.log.back().loss, 4));
    row.push_back(scored == nullptr ? "-" : format_fixed(scored->test_dice, 4));
    row.push_back(scored == nullptr ? "-" : format_fixed(scored->test_auc, 4));
    table.push_back(std::move(row));
  }
  return table;
}

std::string make_run_comparison(const RunComparison& comparison) {
  const std::vector<ComparedRun>& runs = comparison.runs;
  require(!runs.empty() && runs.size() <= kMostCompared, "1 to ", kMostCompared,
          " runs can be compared; got ", runs.size());
  for (const ComparedRun& run : runs)
    require(run.settings.size() == comparison.setting_names.size(), "run '", run.name, "' has ",
            run.settings.size(), " settings for ", comparison.setting_names.size(), " names");
  std::ostringstream out;
  out << "<h1>Runs side by side</h1>\n<section id=\"runs\">\n<h2>Where they differ, and where they "
         "ended</h2>\n";
  write_table(out, table_of(comparison));
  out << "</section>\n<section id=\"curves\">\n<h2>Curves</h2>\n<p class=\"legend\">";
  for (std::size_t i = 0; i < runs.size(); ++i)
    out << "<span><i class=\"dot" << i << "\"></i>" << escape_html(runs[i].name) << "</span>";
  out << "</p>\n<div class=\"plots\">\n"
      << draw_svg(chart_of_runs(runs, "Loss on training images", &EpochLog::loss))
      << draw_svg(chart_of_runs(runs, "Dice on test images", &EpochLog::test_dice))
      << draw_svg(chart_of_runs(runs, "Learning rate", &EpochLog::learning_rate))
      << "</div>\n</section>\n";
  return report::page("Runs side by side", out.str());
}

}  // namespace integrad
