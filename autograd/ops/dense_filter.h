#pragma once
#include "integrad/autograd/tape.h"

namespace integrad {

/// The filter of a convolution in groups, [out,kh,kw,in/groups], as that of one over all channels,
/// [out,kh,kw,in]: zeros where output and input channel belong to different groups. Throws Error
/// unless `groups` divides the outputs.
template <class T>
Tensor<T> dense_filter(const Tensor<T>& filter, Index groups);
template <class T>
Var dense_filter(Tape<T>& tape, Var filter, Index groups);

}  // namespace integrad
