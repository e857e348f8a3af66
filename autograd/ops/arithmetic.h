#pragma once
#include "integrad/autograd/tape.h"

namespace integrad {

/// Sums, differences and products, element by element. The operands have the same shape, or one of
/// them is repeated along the other:
///   [c] or [1,..,1,c]    over everything but the channels
///   [n,1,..,1,c]         over the positions inside each image
///   one element          over everything
/// The result has the shape of the other one. A repeated operand's gradient is summed in double, in
/// an order that depends on the shapes alone. Throws Error for any other pair of shapes.
template <class T>
Var add(Tape<T>& tape, Var a, Var b);
template <class T>
Var sub(Tape<T>& tape, Var a, Var b);
template <class T>
Var mul(Tape<T>& tape, Var a, Var b);

}  // namespace integrad
