#include "integrad/train/report.h"

#include "integrad/tensor/files.h"
#include "integrad/train/html.h"
#include "integrad/train/report_sections.h"

namespace integrad {

namespace {

void check_evaluations(const ReportInput& input) {
  for (const Evaluation& evaluation : input.evaluations)
    require(evaluation.masks.size() == input.samples.size() &&
                evaluation.images.size() == input.samples.size(),
            "a report of ", input.samples.size(), " samples needs one mask and one score of each; ",
            report::heading_of(evaluation.arithmetic), " has ", evaluation.masks.size(),
            " masks and ", evaluation.images.size(), " scores");
}

}  // namespace

const Evaluation* report::find(const ReportInput& input, Arithmetic arithmetic) {
  for (const Evaluation& evaluation : input.evaluations)
    if (evaluation.arithmetic == arithmetic) return &evaluation;
  return nullptr;
}

std::string_view report::heading_of(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::floating:
      return "Float";
    case Arithmetic::fake_quant:
      return "Fake-quantised";
    case Arithmetic::integer:
      return "Integer (int8)";
  }
  fail("there is no arithmetic number ", static_cast<int>(arithmetic));
}

std::string report::page(const std::string& title, const std::string& content) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         escape_html(title) + "</title>\n<style>" + std::string(style()) +
         "</style>\n</head>\n<body>\n<main>\n" + content +
         "<footer>This page holds everything it shows; it can be moved, mailed and kept."
         "</footer>\n</main>\n</body>\n</html>\n";
}

std::string make_report(const ReportInput& input) {
  check_evaluations(input);
  return report::page(input.title, report::header(input) + report::quality(input) +
                                       report::pictures(input) + report::training(input) +
                                       report::sizes(input) + report::verification(input) +
                                       report::settings(input) + report::reproduction(input));
}

void write_report(const std::filesystem::path& path, const ReportInput& input) {
  write_file_atomically(path, make_report(input));
}

}  // namespace integrad
