#include <cstring>

#include "integrad/bench/kernel_choice/tiles.h"
#include "integrad/tensor/kernels/simd/unroll.h"

namespace integrad::bench {
namespace {
#include "integrad/tensor/kernels/simd/pixel_pointers.h"

using Vector = float __attribute__((vector_size(64)));

ALWAYS_INLINE Vector zero() {
  return Vector{};
}
ALWAYS_INLINE Vector load(const float* p) {
  Vector v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
ALWAYS_INLINE void store(float* p, Vector v) {
  std::memcpy(p, &v, sizeof v);
}
ALWAYS_INLINE Vector broadcast(const float* p) {
  return Vector{} + *p;
}
// There is no fused multiply-add of vector types: lane by lane, and the compiler must see through
// it.
ALWAYS_INLINE Vector fma(Vector a, Vector b, Vector c) {
  UNROLL for (int i = 0; i < kChannels; ++i) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return c;
}
#include "integrad/bench/kernel_choice/tile_loops.h"
}  // namespace

void extension_row(std::int64_t width, const float* x, const float* filter, float* y) {
  tile_row(width, x, filter, y);
}

}  // namespace integrad::bench
