#pragma once
#include <algorithm>

#include "integrad/tensor/parallel.h"
#include "integrad/tensor/window.h"

namespace integrad::kernels {

/// Calls body(row) for every row, several rows to a chunk when rows of `row_size` elements are
/// short.
template <class Body>
void parallel_rows(Index rows, Index row_size, Body&& body) {
  const Index grain = std::max<Index>(1, kElementwiseGrain / std::max<Index>(1, row_size));
  parallel_for(rows, grain, [&](Index begin, Index end) {
    for (Index row = begin; row < end; ++row) body(row);
  });
}

/// Calls body(output, tap) for the outputs along one axis that read input point `input`, in
/// ascending order of outputs: the owner's loop of a gather-form gradient.
template <class Body>
void for_each_reader(Index input, Index outputs, const integrad_window& window, Body&& body) {
  for (std::int32_t tap = window.kernel - 1; tap >= 0; --tap) {
    const Index start = input + window.pad_before - Index{tap} * window.dilation;
    if (start < 0 || start % window.stride != 0 || start / window.stride >= outputs) continue;
    body(static_cast<std::int32_t>(start / window.stride), tap);
  }
}

}  // namespace integrad::kernels
