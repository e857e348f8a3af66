#include "integrad/train/run_comparison.h"

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

void write_table(std::ostream& out, const RunComparison& comparison) {
  out << "<div class=\"scroll\"><table>\n<thead><tr><th>run</th>";
  for (const std::string& name : comparison.setting_names)
    out << "<th>" << escape_html(name) << "</th>";
  out << "<th>epochs</th><th>loss</th><th>test Dice</th><th>test AUC</th></tr></thead>\n<tbody>\n";
  for (const ComparedRun& run : comparison.runs) {
    out << "<tr><td>" << escape_html(run.name) << "</td>";
    for (const std::string& value : run.settings) out << "<td>" << escape_html(value) << "</td>";
    const EpochLog* const scored = last_scored(run.log);
    out << "<td>" << format_count(std::ssize(run.log)) << "</td><td>"
        << (run.log.empty() ? "-" : format_fixed(run.log.back().loss, 4)) << "</td><td>"
        << (scored == nullptr ? "-" : format_fixed(scored->test_dice, 4)) << "</td><td>"
        << (scored == nullptr ? "-" : format_fixed(scored->test_auc, 4)) << "</td></tr>\n";
  }
  out << "</tbody></table></div>\n";
}

}  // namespace

const EpochLog* last_scored(const std::vector<EpochLog>& log) {
  for (auto row = log.rbegin(); row != log.rend(); ++row)
    if (row->test_dice == row->test_dice) return &*row;
  return nullptr;
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
  write_table(out, comparison);
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
