#pragma once
#include <functional>
#include <type_traits>

#include "integrad/tensor/shape.h"

namespace integrad {

/// Threads used by parallel_for; at least 1. The default is OpenMP's (OMP_NUM_THREADS, or all
/// cores).
void set_threads(int threads);
int threads();

/// While one lives, the loops of its thread run in that thread alone: for work beside the main
/// thread's, which has the other processors.
class SingleThreaded {
 public:
  SingleThreaded();
  SingleThreaded(const SingleThreaded&) = delete;
  SingleThreaded& operator=(const SingleThreaded&) = delete;
  ~SingleThreaded();

 private:
  bool before_;
};

namespace detail {
void run_chunks(Index chunks, void (*call)(void*, Index), void* body);
}

/// Calls body(chunk) for chunk = 0 .. chunks - 1, in any order, on several threads. The caller cuts
/// the work by the problem alone, never by the number of threads, and gives each output one owner:
/// then the result's bits do not depend on the threads. Of several exceptions the lowest chunk's is
/// rethrown. Calls from inside a body run in the calling thread.
template <class Body>
void parallel_chunks(Index chunks, Body&& body) {
  using Plain = std::remove_reference_t<Body>;
  detail::run_chunks(
      chunks, [](void* b, Index chunk) { (*static_cast<Plain*>(b))(chunk); },
      const_cast<std::remove_const_t<Plain>*>(&body));
}

/// Calls body(begin, end) for consecutive ranges of at most `grain` items that cover 0 .. items
/// - 1.
template <class Body>
void parallel_for(Index items, Index grain, Body&& body) {
  const Index chunks = (items + grain - 1) / grain;
  parallel_chunks(chunks, [&](Index chunk) {
    const Index begin = chunk * grain;
    body(begin, begin + grain < items ? begin + grain : items);
  });
}

/// A grain for element-wise loops: 16 K elements, small enough to share out, large enough to pay.
inline constexpr Index kElementwiseGrain = 16384;

}  // namespace integrad
