#pragma once
#include "integrad/quant/qgraph.h"

namespace integrad {

/// What a frozen program needs on the device, apart from the kernels' code.
struct ProgramSize {
  Index parameters = 0;    ///< weights and biases
  Index weight_bytes = 0;  ///< int8 weights
  Index table_bytes = 0;   ///< int32 biases, multipliers and shifts
  Index arena_bytes = 0;   ///< working memory, without the input and the output image

  /// Constant data, to be kept in read-only memory.
  Index flash_bytes() const { return weight_bytes + table_bytes; }
};

ProgramSize size_of(const QGraph& program);

}  // namespace integrad
