#pragma once
#include <cstdint>

namespace integrad::kernels {

/// Memory that is read after this row: a kernel that computes fetches it into the second cache
/// meanwhile, each tile its share. Changes no result.
struct Upcoming {
  static constexpr int kMost = 8;
  const char* at[kMost];
  std::int64_t bytes[kMost];
  int count;
};
inline constexpr Upcoming kNothingUpcoming{{}, {}, 0};

}  // namespace integrad::kernels
