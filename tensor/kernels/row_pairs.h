#pragma once
#include "integrad/tensor/kernels/simd/pair_row.h"
#include "integrad/tensor/shape.h"

namespace integrad::kernels {

/// Which of its pair each row is that one thread computes, in any order, with the same scratch.
class RowPairs {
 public:
  PairRow next(Index image, Index row) {
    const bool lower = row % 2 != 0;
    const PairRow pair{lower, lower && image == image_ && row == held_};
    if (!lower) {
      image_ = image;
      held_ = row + 1;
    }
    return pair;
  }

 private:
  Index image_ = -1, held_ = -1;  // the row for which scratch holds what the one above left
};

}  // namespace integrad::kernels
