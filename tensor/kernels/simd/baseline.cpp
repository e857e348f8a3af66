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
#include "integrad/tensor/kernels/simd/border.h"
#include "integrad/tensor/kernels/simd/conv_filter_row.h"
#include "integrad/tensor/kernels/simd/conv_row.h"
#include "integrad/tensor/kernels/simd/depthwise_row.h"
#include "integrad/tensor/kernels/simd/norm_row.h"
#include "integrad/tensor/kernels/simd/stored_row.h"
}  // namespace

const FloatKernels kFloatKernels{kLanes,
                                 conv_row,
                                 depthwise_row,
                                 conv_filter_row,
                                 depthwise_filter_row,
                                 map_row,
                                 moments_row,
                                 gradient_sums_row,
                                 gradient_row,
                                 map_row,
                                 gradient_sums_row,
                                 gradient_row,
                                 expand_row,
                                 round_row};

}  // namespace integrad::kernels::baseline
