#pragma once
#include "integrad/quant/qgraph.h"

namespace integrad {

/// Which rows of its inputs an operation looks at to compute a row of its output.
struct Reach {
  enum class Kind {
    same,    ///< the row of the same number
    gather,  ///< the rows under `window`
    spread,  ///< the rows whose `window` covers it
    whole,   ///< any
  };
  Kind kind;
  integrad_window window{1, 1, 1, 0, 0};
};

Reach reach_of(const Operation& operation);

/// An operation that computes its output rows before `end` reads an input's rows before this one.
std::int32_t rows_needed(const Reach& reach, std::int32_t end, std::int32_t height);
/// The first input row that it reads for its output rows from `begin` on.
std::int32_t rows_kept(const Reach& reach, std::int32_t begin, std::int32_t height);

/// Rows of a result as the row-by-row kernels count them: the height of an image; a vector is one.
Index rows_of(const Shape& shape);
Index row_size_of(const Shape& shape);

}  // namespace integrad
