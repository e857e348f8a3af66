#pragma once
#include <vector>

#include "integrad/quant/qgraph.h"

namespace integrad {

/// Where a program keeps what its layers compute: one arena, places reused once nobody reads them.
struct ArenaLayout {
  struct Place {
    Index codes = -1, winners = -1;  ///< offsets in bytes; -1: not in the arena
  };
  std::vector<Place> nodes;  ///< one per node; the input and the output are the caller's
  Index bytes = 0;
};

/// Places each node's codes, and the winners of a pool that an unpool reads.
ArenaLayout plan_arena(const QGraph& program);

}  // namespace integrad
