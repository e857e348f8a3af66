#pragma once
#include <vector>

#include "integrad/autograd/tape.h"

namespace integrad {

/// Sum or mean over the named axes, which stay with extent 1 ([n,h,w,c] over {1, 2} -> [n,1,1,c],
/// the global average). Summed in double, in an order that depends on the shape alone. Throws Error
/// for an axis that is not there or is named twice, and for the mean of nothing.
template <class T>
Var sum(Tape<T>& tape, Var x, const std::vector<int>& axes);
template <class T>
Var mean(Tape<T>& tape, Var x, const std::vector<int>& axes);

/// Over everything; the result has shape [1].
template <class T>
Var sum(Tape<T>& tape, Var x);
template <class T>
Var mean(Tape<T>& tape, Var x);

}  // namespace integrad
