#include "integrad/tensor/parallel.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <vector>

#include "integrad/tensor/error.h"

namespace integrad {

namespace {
int g_threads = 0;  // 0: OpenMP's default
thread_local bool t_single = false;

// Chunks of one thread, side by side, as neighbours read the same memory; who is done with its own
// takes from the others'. Each in a line of the cache of its own.
struct alignas(64) Share {
  std::atomic<Index> next;
  Index end;
};
}  // namespace

void set_threads(int threads) {
  require(threads >= 1 && threads <= 1024, "the number of threads lies in 1..1024; got ", threads);
  g_threads = threads;
}

int threads() {
  return g_threads > 0 ? g_threads : omp_get_max_threads();
}

SingleThreaded::SingleThreaded() : before_(t_single) {
  t_single = true;
}

SingleThreaded::~SingleThreaded() {
  t_single = before_;
}

namespace detail {

void run_chunks(Index chunks, void (*call)(void*, Index), void* body) {
  if (chunks <= 1 || threads() == 1 || t_single || omp_in_parallel() != 0) {
    for (Index chunk = 0; chunk < chunks; ++chunk) call(body, chunk);
    return;
  }
  std::exception_ptr error;
  Index failed = chunks;
  std::mutex lock;
  const auto run = [&](Index chunk) {
    try {
      call(body, chunk);
    } catch (...) {
      const std::lock_guard<std::mutex> guard(lock);
      if (chunk < failed) {
        failed = chunk;
        error = std::current_exception();
      }
    }
  };
  const int shares = static_cast<int>(std::min<Index>(threads(), chunks));
  std::vector<Share> share(static_cast<std::size_t>(shares));
  for (int i = 0; i < shares; ++i) {
    share[static_cast<std::size_t>(i)].next = chunks * i / shares;
    share[static_cast<std::size_t>(i)].end = chunks * (i + 1) / shares;
  }
#pragma omp parallel num_threads(shares)
  {
    const int own = omp_get_thread_num();
    for (int i = 0; i < shares; ++i) {
      Share& from = share[static_cast<std::size_t>((own + i) % shares)];
      for (Index chunk; (chunk = from.next++) < from.end;) run(chunk);
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace detail
}  // namespace integrad
