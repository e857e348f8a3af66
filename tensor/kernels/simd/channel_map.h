#pragma once
#include <cstdint>

namespace integrad::kernels {

/// What a reader applies to a stored convolution's output y, channel by channel:
/// z = act(y * scale + shift), rounded once, act being max(., 0) or nothing.
template <class T>
struct ChannelMap {
  const T *scale, *shift;  // [channels] each
  bool relu;
};

/// Pixels of a line that are summed before their sum is added to the line's (norm_lines.h).
inline constexpr std::int64_t kSumBlock = 32;

}  // namespace integrad::kernels
