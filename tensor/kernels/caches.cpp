#include "integrad/tensor/kernels/caches.h"

#if defined(__unix__)
#include <unistd.h>
#endif

#include <algorithm>

namespace integrad::kernels {

Index first_cache() {
#if defined(_SC_LEVEL1_DCACHE_SIZE)
  static const long bytes = sysconf(_SC_LEVEL1_DCACHE_SIZE);
  return std::max(bytes, 0L);
#else
  return 0;
#endif
}

Index large_alone() {
#if defined(__x86_64__)
  if (__builtin_cpu_is("amd")) return Index{8} << 20;
#endif
  return Index{32} << 20;
}

}  // namespace integrad::kernels
