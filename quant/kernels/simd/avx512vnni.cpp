#include <cstdint>
#include <cstring>

#include "integrad/quant/kernels/simd/int8_kernels.h"
#include "integrad/tensor/kernels/simd/unroll.h"
#if defined(__x86_64__)
#include <immintrin.h>

namespace integrad::kernels::int8::avx512vnni {
namespace {
#include "integrad/quant/kernels/simd/vector_avx512vnni.h"
#include "integrad/tensor/kernels/simd/pixel_pointers.h"
// Written once for all instruction sets, in terms of the vector above.
#include "integrad/quant/kernels/simd/all_rows.h"
}  // namespace

const Int8Kernels kInt8Kernels = kernels_of_this_set();

}  // namespace integrad::kernels::int8::avx512vnni

#endif
