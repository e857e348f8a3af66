#include <cstdint>
#include <cstring>

#include "integrad/quant/kernels/simd/int8_kernels.h"
#include "integrad/tensor/kernels/simd/unroll.h"
#include "integrad/tensor/kernels/simd/winograd_numbers.h"
#if defined(__x86_64__)
#include <immintrin.h>

namespace integrad::kernels::int8::avx2 {
namespace {
#include "integrad/quant/kernels/simd/vector_avx2.h"
#include "integrad/tensor/kernels/simd/pixel_pointers.h"
// Written once for all instruction sets, in terms of the vector above.
#include "integrad/quant/kernels/simd/all_rows.h"
#include "integrad/quant/kernels/simd/float_depthwise_row.h"
#include "integrad/quant/kernels/simd/words.h"
// In terms of these.
#include "integrad/quant/kernels/simd/winograd_row.h"

constexpr Int8Kernels all_kernels() {
  Int8Kernels kernels = kernels_of_this_set();
  kernels.float_tile = kFloatTile;
  kernels.prepare_float_row = prepare_float_row;
  kernels.float_depthwise_row = float_depthwise_row;
  kernels.winograd_channels = kWinogradChannels;
  kernels.winograd_tile = 4 * kFours1;
  kernels.winograd_tile2 = 4 * kFours2;
  kernels.prepare_winograd_row = prepare_winograd_row;
  kernels.winograd_row = winograd_row;
  return kernels;
}
}  // namespace

const Int8Kernels kInt8Kernels = all_kernels();

}  // namespace integrad::kernels::int8::avx2

#endif
