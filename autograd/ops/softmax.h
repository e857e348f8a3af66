#pragma once
#include "integrad/autograd/tape.h"

namespace integrad {

/// Softmax over the last axis: y_c = e^(x_c - m) / sum_k e^(x_k - m), m the largest x of the row,
/// so that nothing overflows. Rank at least 1; throws Error otherwise.
template <class T>
Var softmax(Tape<T>& tape, Var x);

}  // namespace integrad
