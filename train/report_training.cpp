#include <sstream>

#include "integrad/train/format.h"
#include "integrad/train/html.h"
#include "integrad/train/report_sections.h"
#include "integrad/train/svg_plot.h"

namespace integrad::report {

namespace {

constexpr std::string_view kPhases[] = {"float", "quantisation-aware"};

/// One figure of both phases; the second continues the first's epochs.
LinePlot chart(const ReportInput& input, std::string title, double EpochLog::*figure) {
  LinePlot plot{std::move(title), "epoch", {}, {0}, {0}};
  double before = 0;
  const std::vector<EpochLog>* logs[] = {&input.float_log, &input.quantized_log};
  for (std::size_t phase = 0; phase < 2; ++phase) {
    PlotSeries series{std::string(kPhases[phase]), {}, {}};
    for (const EpochLog& epoch : *logs[phase]) {
      series.x.push_back(before + static_cast<double>(epoch.epoch));
      series.y.push_back(epoch.*figure);
    }
    if (!logs[phase]->empty()) before = series.x.back();
    plot.series.push_back(std::move(series));
  }
  plot.include_x.push_back(before);  // all charts of a page share their epochs
  return plot;
}

}  // namespace

std::string training(const ReportInput& input) {
  if (input.float_log.empty() && input.quantized_log.empty()) return "";
  std::ostringstream out;
  out << "<section id=\"training\">\n<h2>Training</h2>\n<p class=\"legend\">"
      << "<span><i class=\"dot0\"></i>" << kPhases[0] << ", "
      << format_count(std::ssize(input.float_log)) << " epochs</span>"
      << "<span><i class=\"dot1\"></i>" << kPhases[1] << ", "
      << format_count(std::ssize(input.quantized_log)) << " epochs</span></p>\n"
      << "<div class=\"plots\">\n"
      << draw_svg(chart(input, "Loss on training images", &EpochLog::loss))
      << draw_svg(chart(input, "Dice on test images", &EpochLog::test_dice))
      << draw_svg(chart(input, "Learning rate", &EpochLog::learning_rate))
      << "</div>\n</section>\n";
  return out.str();
}

std::string settings(const ReportInput& input) {
  if (input.settings.empty()) return "";
  std::ostringstream out;
  out << "<section id=\"settings\">\n<h2>Settings</h2>\n";
  for (const NamedText& entry : input.settings)
    out << "<details><summary>" << escape_html(entry.name) << "</summary><pre>"
        << escape_html(entry.text) << "</pre></details>\n";
  out << "</section>\n";
  return out.str();
}

std::string reproduction(const ReportInput& input) {
  if (input.commands.empty()) return "";
  std::ostringstream out;
  out << "<section id=\"reproduce\">\n<h2>How to reproduce</h2>\n<p class=\"note\">The same "
         "commands give the same bytes, on any machine and with any number of threads.</p>\n";
  for (const NamedText& command : input.commands)
    out << "<p class=\"note\">" << escape_html(command.name) << "</p><pre>"
        << escape_html(command.text) << "</pre>\n";
  out << "</section>\n";
  return out.str();
}

}  // namespace integrad::report
