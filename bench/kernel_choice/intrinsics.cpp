#include <immintrin.h>

#include "integrad/bench/kernel_choice/tiles.h"
#include "integrad/tensor/kernels/simd/unroll.h"

namespace integrad::bench {
namespace {
#include "integrad/tensor/kernels/simd/pixel_pointers.h"
#include "integrad/tensor/kernels/simd/vector_avx512.h"
// Its tile is narrower than the library's kernel, which reads a value once for three taps.
#include "integrad/bench/kernel_choice/tile_loops.h"
}  // namespace

void intrinsics_row(std::int64_t width, const float* x, const float* filter, float* y) {
  tile_row(width, x, filter, y);
}

}  // namespace integrad::bench
