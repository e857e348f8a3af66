#include "integrad/tensor/parallel.h"

#include <omp.h>

#include <exception>
#include <mutex>

#include "integrad/tensor/error.h"

namespace integrad {

namespace {
int g_threads = 0;  // 0: OpenMP's default
thread_local bool t_single = false;
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
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads())
  for (Index chunk = 0; chunk < chunks; ++chunk) {
    try {
      call(body, chunk);
    } catch (...) {
      const std::lock_guard<std::mutex> guard(lock);
      if (chunk < failed) {
        failed = chunk;
        error = std::current_exception();
      }
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace detail
}  // namespace integrad
