#pragma once
#include <vector>

#include "integrad/quant/cmsis_scratch.h"
#include "integrad/quant/export_c.h"

namespace integrad {

/// A frozen program as a C99 project that calls Arm's CMSIS-NN, one layer after the other: model.h
/// (as export_c's; the arena's size depends on the core), model.c (model_run returns 0, or the
/// number of the layer that CMSIS-NN refused), main.c, a Makefile that wants CMSIS_NN_DIR, and this
/// library's kernels for what CMSIS-NN lacks. Throws Error naming the layer that CMSIS-NN would
/// compute wrongly; what only Helium computes wrongly is refused when the project is compiled for
/// it.
std::vector<EmittedFile> export_cmsis(const QGraph& program);

/// What it takes on a core, code aside.
Footprint cmsis_footprint(const QGraph& program, CmsisCore core);

}  // namespace integrad
