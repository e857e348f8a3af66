#pragma once

namespace integrad::kernels {

/// Where an output row goes: where it is read again at once, past the caches, or both; null for
/// not there. What is streamed has whole vectors of channels and begins at a line of the cache.
struct RowDestination {
  float* cached;
  float* streamed = nullptr;
};

}  // namespace integrad::kernels
