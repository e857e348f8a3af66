#include <cstdint>
#include <cstring>

#include "integrad/tensor/kernels/simd/float_kernels.h"
#include "integrad/tensor/kernels/simd/unroll.h"
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace integrad::kernels::baseline {
namespace {
#include "integrad/tensor/kernels/simd/pixel_pointers.h"
#include "integrad/tensor/kernels/simd/vector_baseline.h"
// Written once for all instruction sets, in terms of the vector above.
#include "integrad/tensor/kernels/simd/all_rows.h"
}  // namespace

const FloatKernels kFloatKernels = kernels_of_this_set();

}  // namespace integrad::kernels::baseline
