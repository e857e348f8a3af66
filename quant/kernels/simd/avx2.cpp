#include <cstdint>
#include <cstring>

#include "integrad/quant/kernels/simd/int8_kernels.h"
#include "integrad/tensor/kernels/simd/unroll.h"
#if defined(__x86_64__)
#include <immintrin.h>

namespace integrad::kernels::int8::avx2 {
namespace {
#include "integrad/quant/kernels/simd/vector_avx2.h"
#include "integrad/tensor/kernels/simd/pixel_pointers.h"
// Written once for all instruction sets, in terms of the vector above.
#include "integrad/quant/kernels/simd/prepare_row.h"
#include "integrad/quant/kernels/simd/requantize.h"
// In terms of these.
#include "integrad/quant/kernels/simd/add.h"
#include "integrad/quant/kernels/simd/conv_row.h"
#include "integrad/quant/kernels/simd/depthwise_row.h"
#include "integrad/quant/kernels/simd/narrow_row.h"
#include "integrad/quant/kernels/simd/pool_row.h"
}  // namespace

const Int8Kernels kInt8Kernels{.lanes = kLanes,
                               .group = kGroup,
                               .offset = kOffset,
                               .tile = kTile1,
                               .tile2 = kTile2,
                               .segment = kSegment,
                               .prepare_row = prepare_row,
                               .conv_row = conv_row,
                               .narrow_row = narrow_row,
                               .depthwise_row = depthwise_row,
                               .requantize = requantize,
                               .add = add_codes,
                               .max_pool_row = max_pool_row,
                               .unpool_row = unpool_row};

}  // namespace integrad::kernels::int8::avx2

#endif
