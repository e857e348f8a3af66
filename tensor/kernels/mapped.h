#pragma once
#include "integrad/tensor/kernels/simd/channel_map.h"

namespace integrad::kernels {

/// A map as it is stored, and what its reader applies to it (null: nothing).
template <class T>
struct Mapped {
  const T* data;
  const ChannelMap<T>* map;
};

}  // namespace integrad::kernels
