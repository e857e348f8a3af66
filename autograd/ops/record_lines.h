#pragma once
#include "integrad/autograd/tape.h"
#include "integrad/tensor/kernels/input_gradient.h"

namespace integrad {

/// Records a value that `lines` make of the inputs' values. It is stored where the inputs are in
/// memory as they are read. Where they are not, it is not either: reading what they are made of is
/// cheaper than writing it and reading it again, unless that has become too many maps.
template <class T, class Backward>
Var record_lines(Tape<T>& tape, const char* operation, const Shape& shape,
                 kernels::LineSource<T> lines, std::initializer_list<Var> inputs,
                 Backward backward) {
  constexpr int kMostMapsRead = 3;
  bool whole = true;
  for (Var input : inputs) whole = whole && tape.lines(input).whole != nullptr;
  if (!whole && lines.maps_read <= kMostMapsRead)
    return tape.record_deferred(operation, shape, std::move(lines), inputs, std::move(backward));
  auto y = StoredTensor<T>::uninitialized(shape, whole ? Storage::full : tape.storage());
  kernels::add_lines<T>(lines, {y.target(), {}});
  return tape.record(operation, std::move(y), inputs, std::move(backward));
}

}  // namespace integrad
