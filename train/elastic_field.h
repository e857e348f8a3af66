#pragma once
#include <vector>

#include "integrad/tensor/random.h"
#include "integrad/tensor/shape.h"

namespace integrad {

/// A smooth random displacement of every point of a plane: normal numbers at the nodes of a square
/// grid, 32 pixels apart, blended by cubic B-splines (twice continuously differentiable). The
/// displacements have about half the nodes' standard deviation.
class ElasticField {
 public:
  static constexpr Index kSpacing = 32;  // pixels between nodes

  struct Offset {
    double y, x;  // pixels
  };

  /// Over height x width pixels; `deviation` is the nodes', in pixels.
  ElasticField(const Random& random, Index height, Index width, double deviation);

  /// Displacements of a row's pixels first_x .. first_x + count - 1.
  std::vector<Offset> row(Index y, Index first_x, Index count) const;

 private:
  Index columns_;              // nodes of a row
  std::vector<Offset> nodes_;  // row by row, the first one node above and left of the image
};

}  // namespace integrad
