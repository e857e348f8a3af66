#pragma once
#include <vector>

#include "integrad/tensor/shape.h"

namespace integrad {

/// A buffer that a program needs from one step to another, both included.
struct PlannedBuffer {
  Index bytes;
  int first_step, last_step;
  Index offset = 0;  ///< set by the planner
};

/// Places buffers in one arena such that no two that are alive at the same step overlap: each at
/// the lowest offset that is free, the largest first, and then in better orders if there are any.
/// Offsets are multiples of `alignment`. Returns the arena's size in bytes.
Index plan_memory(std::vector<PlannedBuffer>& buffers, Index alignment = 16);

}  // namespace integrad
