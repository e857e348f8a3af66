#include <iomanip>
#include <sstream>

#include "integrad/train/format.h"
#include "integrad/train/report_sections.h"

namespace integrad {

std::string summarize(const ReportInput& input) {
  std::ostringstream out;
  out << std::left;
  if (!input.evaluations.empty()) {
    out << std::setw(18) << ""
        << "Dice    Jaccard  Accuracy  Sensitivity  Specificity  AUC\n";
    for (const Evaluation& evaluation : input.evaluations) {
      const Confusion& counts = evaluation.pooled.counts;
      out << std::setw(18) << report::heading_of(evaluation.arithmetic)  //
          << std::setw(8) << format_fixed(counts.dice(), 4)              //
          << std::setw(9) << format_fixed(counts.jaccard(), 4)           //
          << std::setw(10) << format_fixed(counts.accuracy(), 4)         //
          << std::setw(13) << format_fixed(counts.sensitivity(), 4)      //
          << std::setw(13) << format_fixed(counts.specificity(), 4)      //
          << format_fixed(evaluation.pooled.auc, 4) << "\n";
    }
  }
  const auto line = [&](std::string_view name) -> std::ostream& {
    return out << std::setw(18) << name;
  };
  if (input.verification) {
    const VerifyReport& verified = *input.verification;
    line("Compared") << format_count(verified.bytes) << " bytes of "
                     << format_count(verified.images) << " images, "
                     << format_count(std::ssize(verified.paths))
                     << " paths against the training forward\n";
    line("Differences") << format_count(verified.differences) << "\n";
  }
  if (input.program != nullptr) {
    const Footprint size = footprint(*input.program);
    line("Parameters") << format_count(report::parameters(*input.program)) << "\n";
    line("Flash") << format_count(size.flash_bytes) << " bytes of weights and tables\n";
    line("Working memory") << format_count(size.arena_bytes) << " bytes\n";
    if (input.multiply_accumulates > 0)
      line("Multiply-adds") << format_count(input.multiply_accumulates) << " per image of "
                            << input.program->nodes.front().shape.height() << " x "
                            << input.program->nodes.front().shape.width() << "\n";
  }
  return out.str();
}

}  // namespace integrad
