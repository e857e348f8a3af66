#pragma once

namespace integrad::kernels {

/// Where an output row goes: where it is read again at once, past the caches, or both; null for
/// not there. What is streamed has whole vectors of channels and begins at a line of the cache. A
/// depthwise convolution adds `added` to its results, unless that is null.
struct RowDestination {
  float* cached;
  float* streamed = nullptr;
  const float* added = nullptr;
};

}  // namespace integrad::kernels
