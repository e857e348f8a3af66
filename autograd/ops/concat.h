#pragma once
#include <vector>

#include "integrad/autograd/tape.h"

namespace integrad {

/// Joins tensors along an axis (negative: counted from the end, -1 is the channels); their other
/// extents agree. Throws Error for no tensor, an axis that is not there, or extents that differ.
template <class T>
Var concat(Tape<T>& tape, const std::vector<Var>& parts, int axis = -1);

}  // namespace integrad
