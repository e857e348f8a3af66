// All row kernels in terms of the vector of one instruction set, and their table. Included inside
// that set's own namespace.
#include "integrad/quant/kernels/simd/prepare_row.h"
#include "integrad/quant/kernels/simd/requantize.h"
// In terms of these.
#include "integrad/quant/kernels/simd/add.h"
#include "integrad/quant/kernels/simd/conv_row.h"
#include "integrad/quant/kernels/simd/depthwise_row.h"
#include "integrad/quant/kernels/simd/narrow_row.h"
#include "integrad/quant/kernels/simd/pool_row.h"
#include "integrad/quant/kernels/simd/quantize.h"
#include "integrad/quant/kernels/simd/training_row.h"

constexpr Int8Kernels kernels_of_this_set() {
  return {.lanes = kLanes,
          .group = kGroup,
          .offset = kOffset,
          .joins_taps = !kCodesStay,
          .tile = kTile1,
          .tile2 = kTile2,
          .winograd_channels = 0,
          .winograd_tile = 0,
          .winograd_tile2 = 0,
          .float_tile = 0,
          .segment = kSegment,
          .prepare_row = prepare_row,
          .conv_row = conv_row,
          .prepare_winograd_row = nullptr,
          .winograd_row = nullptr,
          .narrow_row = narrow_row,
          .depthwise_row = depthwise_row,
          .prepare_float_row = nullptr,
          .float_depthwise_row = nullptr,
          .requantize = requantize,
          .add = add_codes,
          .max_pool_row = max_pool_row,
          .unpool_row = unpool_row,
          .quantize = quantize_codes,
          .real_row = real_row,
          .masked_row = masked_row,
          .sums_row = sums_row<std::int32_t>,
          .float_sums_row = sums_row<float>,
          .extremes_row = extremes_row<std::int32_t>,
          .float_extremes_row = extremes_row<float>};
}
