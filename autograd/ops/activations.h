#pragma once
#include "integrad/autograd/tape.h"

namespace integrad {

/// Activations, element by element, for any shape. At a kink the derivative is that of the constant
/// piece (0, or 1 for hard_swish at 3); NaN passes through.

/// max(x, 0).
template <class T>
Var relu(Tape<T>& tape, Var x);
/// min(max(x, 0), 6) (Sandler et al., MobileNetV2, arXiv 1801.04381).
template <class T>
Var relu6(Tape<T>& tape, Var x);
/// 1 / (1 + e^-x).
template <class T>
Var sigmoid(Tape<T>& tape, Var x);
/// relu6(x + 3) / 6 (Howard et al., MobileNetV3, arXiv 1905.02244, section 5.2).
template <class T>
Var hard_sigmoid(Tape<T>& tape, Var x);
/// x relu6(x + 3) / 6 (the same section).
template <class T>
Var hard_swish(Tape<T>& tape, Var x);

}  // namespace integrad
