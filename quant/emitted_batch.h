#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "integrad/quant/export_c.h"

namespace integrad {

/// One model of a batch.
struct BatchModel {
  int number = 0;  ///< names it in folders, symbols and messages
  const QGraph* program = nullptr;
  PlanOptions options;
  Index images = 1;
};

/// Many emitted programs, unaltered, as one C project that a single call compiles: a folder for
/// each, and a harness that runs them in order and traces every layer. A compiler's and a process's
/// start take longer than a small model's run.
std::vector<EmittedFile> export_batch(std::span<const BatchModel> models);
/// Its source files, for the compiler.
std::vector<std::string> batch_sources(std::span<const BatchModel> models);

}  // namespace integrad
