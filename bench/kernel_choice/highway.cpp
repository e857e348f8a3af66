#define HWY_COMPILE_ONLY_STATIC
#include <hwy/highway.h>

#include "integrad/bench/kernel_choice/tiles.h"
#include "integrad/tensor/kernels/simd/unroll.h"

namespace integrad::bench {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
#include "integrad/tensor/kernels/simd/pixel_pointers.h"

constexpr hn::FixedTag<float, kChannels> kLanes;
using Vector = hn::Vec<hn::FixedTag<float, kChannels>>;

ALWAYS_INLINE Vector zero() {
  return hn::Zero(kLanes);
}
ALWAYS_INLINE Vector load(const float* p) {
  return hn::LoadU(kLanes, p);
}
ALWAYS_INLINE void store(float* p, Vector v) {
  hn::StoreU(v, kLanes, p);
}
ALWAYS_INLINE Vector broadcast(const float* p) {
  return hn::Set(kLanes, *p);
}
ALWAYS_INLINE Vector fma(Vector a, Vector b, Vector c) {
  return hn::MulAdd(a, b, c);
}
#include "integrad/bench/kernel_choice/tile_loops.h"
}  // namespace

void highway_row(std::int64_t width, const float* x, const float* filter, float* y) {
  tile_row(width, x, filter, y);
}

}  // namespace integrad::bench
