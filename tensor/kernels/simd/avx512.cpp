#include <cstdint>
#include <cstring>

#include "integrad/tensor/kernels/simd/float_kernels.h"
#include "integrad/tensor/kernels/simd/unroll.h"
#if defined(__x86_64__)
#include <immintrin.h>

namespace integrad::kernels::avx512 {
namespace {
#include "integrad/tensor/kernels/simd/pixel_pointers.h"
#include "integrad/tensor/kernels/simd/vector_avx512.h"
// Written once for all instruction sets, in terms of the vector above.
#include "integrad/tensor/kernels/simd/border.h"
#include "integrad/tensor/kernels/simd/conv_filter_row.h"
#include "integrad/tensor/kernels/simd/conv_row.h"
#include "integrad/tensor/kernels/simd/depthwise_row.h"
#include "integrad/tensor/kernels/simd/exponential.h"
#include "integrad/tensor/kernels/simd/narrow_row.h"
#include "integrad/tensor/kernels/simd/norm_row.h"
// In terms of these.
#include "integrad/tensor/kernels/simd/logistic_row.h"
#include "integrad/tensor/kernels/simd/pool_row.h"
}  // namespace

const FloatKernels kFloatKernels{kLanes,
                                 conv_row,
                                 depthwise_row,
                                 conv_filter_row,
                                 depthwise_filter_row,
                                 narrow_filter_row,
                                 planes_row,
                                 narrow_row,
                                 map_row,
                                 moments_row,
                                 gradient_sums_row,
                                 gradient_row,
                                 logistic_sums_row,
                                 logistic_gradient_row,
                                 max_pool_row,
                                 spread_row,
                                 pick_row};

}  // namespace integrad::kernels::avx512

#endif
