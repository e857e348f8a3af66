#pragma once
#include "integrad/tensor/kernels/batch_norm.h"

namespace integrad::kernels {

/// Where the gradient of the (mapped) input goes.
template <class T>
struct InputGradient {
  T* dx;                      // null: not wanted
  const T* before = nullptr;  // what others have added already, may be dx itself; null: nothing
  LineSums* sums = nullptr;   // x is mapped, and dx is complete: gradient_sums() of it is taken too
};

}  // namespace integrad::kernels
