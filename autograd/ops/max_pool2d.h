#pragma once
#include <cstdint>
#include <memory>

#include "integrad/autograd/tape.h"
#include "integrad/tensor/geometry.h"

namespace integrad {

/// Where each window of a max pool found its maximum: what unpooling needs to know.
struct PoolWinners {
  ConvGeometry geometry;
  Tensor<std::uint8_t> taps;  ///< [n,oh,ow,c]: ky * kernel_x + kx, inside the window
};

struct MaxPool {
  Var y;
  std::shared_ptr<const PoolWinners> winners;
};

/// Max pooling: x [n,h,w,c] -> y [n,oh,ow,c] and the winners. The first of equal maxima in
/// row-major order wins, padding never does, and a NaN beats every number, so that it is seen
/// downstream. The gradient flows to the winners alone. Throws Error when the window does not fit
/// or has more than 256 taps.
template <class T>
MaxPool max_pool2d(Tape<T>& tape, Var x, const WindowSpec& window);

/// Max unpooling: x [n,oh,ow,c] -> [n,h,w,c], the input's shape of the pool that `winners` came
/// from; each element goes to the point that won its window, every other point is 0 (SegNet,
/// Badrinarayanan et al. 2017). Throws Error when x has not the shape of the pool's output, or
/// when the pool's windows overlap, since two elements could then meet in one point.
template <class T>
Var max_unpool2d(Tape<T>& tape, Var x, const std::shared_ptr<const PoolWinners>& winners);

}  // namespace integrad
