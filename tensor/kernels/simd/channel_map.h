#pragma once

namespace integrad::kernels {

/// What a reader applies to a stored convolution's output y, channel by channel:
/// z = act((y - mean) * scale + shift), act being max(., 0) or nothing. Each step is rounded.
template <class T>
struct ChannelMap {
  const T *mean, *scale, *shift;  // [channels] each
  bool relu;
};

}  // namespace integrad::kernels
