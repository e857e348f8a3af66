#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "integrad/quant/export_c.h"
#include "integrad/quant/verify.h"
#include "integrad/train/evaluate.h"
#include "integrad/train/trainer.h"

namespace integrad {

/// A heading and a text that is shown as it is.
struct NamedText {
  std::string name, text;
};

/// What a report shows. Parts that are empty are left out; only `title` is required.
struct ReportInput {
  std::string title;
  std::vector<NamedText> facts;                    ///< short: model, data, target ...
  std::vector<EpochLog> float_log, quantized_log;  ///< of the two phases, in this order of time
  std::vector<Evaluation> evaluations;             ///< of the same samples, one per arithmetic
  std::span<const Sample> samples;                 ///< what was evaluated
  std::optional<VerifyReport> verification;
  const QGraph* program = nullptr;  ///< at the samples' size
  Index multiply_accumulates = 0;   ///< of one image; 0: unknown
  std::vector<NamedText> settings;  ///< folded away: configurations as JSON
  std::vector<NamedText> commands;  ///< what was run to get here: purpose, shell line
  Index pictures = 6;               ///< samples shown at most
};

/// The report as one HTML page that needs nothing else: no script, no font, no other file.
/// Throws Error when an evaluation has not one mask and one score for each sample.
std::string make_report(const ReportInput& input);

/// make_report() into a file, written beside and renamed.
void write_report(const std::filesystem::path& path, const ReportInput& input);

/// The report's figures as a few lines for a terminal.
std::string summarize(const ReportInput& input);

}  // namespace integrad
