#pragma once
#include <cstdint>

namespace integrad::kernels {

/// Memory that is read after this row: kernels that compute fetch it into the second cache
/// meanwhile, a line of the cache every few multiply-adds, as memory can answer. Each goes on where
/// the one before stopped. Changes no result.
struct Upcoming {
  static constexpr int kMost = 8;
  const char* at[kMost];
  std::int64_t bytes[kMost];
  int count = 0, first = 0;  // places first .. count - 1 are left
};

}  // namespace integrad::kernels
