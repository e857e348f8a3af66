#pragma once
#include <vector>

#include "integrad/quant/qgraph.h"

namespace integrad {

/// How an emitted program trades memory for work; the results are the same bytes.
struct PlanOptions {
  /// Compute layers together, row by row, where that saves memory: of what only they read, a few
  /// rows are kept.
  bool stream = true;
  /// Compute a layer that reads nothing but the image anew for each of its readers, rather than
  /// keep its result, if that takes less memory.
  bool recompute = false;
};

/// "layers": one layer after the other; "rows": streamed where that saves memory; "recompute": the
/// same, computing layers of the image anew. Throws Error for another name.
PlanOptions find_plan(std::string_view name);
inline constexpr std::string_view kDefaultPlan = "rows";

/// One computation of a node; a recomputed node has several.
struct Step {
  int node = 0;
  std::vector<int> inputs;  ///< the steps that computed the node's inputs; step 0 is the image
  Index rows = 0;           ///< of the result, held at once; fewer than all: a band
  Index codes = -1;         ///< the result's offset in the arena; -1: with the caller
  Index winners = -1;       ///< offset of a pool's winners; -1: not kept
  Index scratch = -1;       ///< offset of what its kernel works in; -1: nothing
};

/// Steps first .. last, computed one after the other when there is one, row by row when several.
struct Stage {
  int first = 0, last = 0;
  Index bytes = 0;  ///< of the arena in use meanwhile
  bool streams() const { return last > first; }
};

/// When each node of a program is computed, and where its result lies meanwhile.
struct Plan {
  std::vector<Step> steps;    ///< step 0 is the image, the last one the output
  std::vector<Stage> stages;  ///< all steps but step 0, in order
  Index arena_bytes = 0;      ///< input and output are the caller's
  Index needed_bytes = 0;     ///< what the fullest stage uses; gaps between buffers come on top

  const Step& step(int index) const { return steps[static_cast<std::size_t>(index)]; }
  int size() const { return static_cast<int>(steps.size()); }
};

/// The division into stages whose fullest one is smallest, and among those the one that stores
/// least; then the placement of all buffers.
/// `scratch`: bytes that the kernel of each node works in beside its result; empty: none does.
Plan make_plan(const QGraph& program, const PlanOptions& options = {},
               const std::vector<Index>& scratch = {});

}  // namespace integrad
