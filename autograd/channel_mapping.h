#pragma once
#include <vector>

#include "integrad/tensor/kernels/simd/channel_map.h"

namespace integrad {

/// A kernels::ChannelMap that owns its numbers.
template <class T>
struct ChannelMapping {
  std::vector<T> scale, shift;  // [channels] each
  bool relu = false;

  kernels::ChannelMap<T> view() const { return {scale.data(), shift.data(), relu}; }
};

}  // namespace integrad
