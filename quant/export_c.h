#pragma once
#include <string>
#include <vector>

#include "integrad/quant/plan.h"

namespace integrad {

struct EmittedFile {
  std::string path;  ///< within the emitted folder
  std::string text;
};

/// A frozen program as a self-contained C99 project: model.h (sizes, quantisations, the rounding's
/// name), model.c (weights as const tables, one function that works in one arena the caller passes;
/// no malloc, no state), main.c (a harness over standard input and output, which holds the static
/// arena), a Makefile, device/ (start-up and linker scripts of emulated cores) and the kernels'
/// headers verbatim. It prints; it never computes.
std::vector<EmittedFile> export_c(const QGraph& program, const PlanOptions& options = {});

/// What an emitted program takes on a device, code aside.
struct Footprint {
  Index flash_bytes = 0;  ///< weights, biases, scales and code tables
  Index arena_bytes = 0;  ///< working memory; input and output are the caller's
};
Footprint footprint(const QGraph& program, const PlanOptions& options = {});

}  // namespace integrad
