#pragma once
#include <cstdint>

namespace integrad::kernels {

/// Memory that is read, or written, after this row: kernels that compute fetch it meanwhile into
/// the second cache, a line every few multiply-adds, as memory can answer. Each goes on where the
/// one before stopped. Changes no result.
struct Upcoming {
  static constexpr int kMost = 8;
  const char* at[kMost];
  std::int64_t bytes[kMost];
  int count = 0, first = 0;  // places first .. count - 1 are left
  bool near = false;         // little enough to be fetched into the first cache
};

}  // namespace integrad::kernels
