// All row kernels in terms of the vector of one instruction set, and their table. Included inside
// that set's own namespace.
#include "integrad/tensor/kernels/simd/channel_blocks.h"
#include "integrad/tensor/kernels/simd/fetch.h"
// In terms of this.
#include "integrad/tensor/kernels/simd/border.h"
#include "integrad/tensor/kernels/simd/conv_filter_row.h"
#include "integrad/tensor/kernels/simd/conv_row.h"
#include "integrad/tensor/kernels/simd/depthwise_filter_row.h"
#include "integrad/tensor/kernels/simd/depthwise_row.h"
#include "integrad/tensor/kernels/simd/exponential.h"
#include "integrad/tensor/kernels/simd/narrow_row.h"
#include "integrad/tensor/kernels/simd/norm_row.h"
#include "integrad/tensor/kernels/simd/stored_row.h"
#include "integrad/tensor/kernels/simd/winograd_row.h"
// In terms of these.
#include "integrad/tensor/kernels/simd/logistic_row.h"
#include "integrad/tensor/kernels/simd/pool_row.h"
#include "integrad/tensor/kernels/simd/winograd_filter_row.h"

constexpr FloatKernels kernels_of_this_set() {
  return {.lanes = kLanes,
          .conv_row = conv_row,
          .winograd_row = winograd_row,
          .depthwise_row = depthwise_row,
          .conv_filter_row = conv_filter_row,
          .winograd_filter_row = winograd_filter_row,
          .depthwise_filter_row = depthwise_filter_row,
          .narrow_filter_row = narrow_filter_row,
          .planes_row = planes_row,
          .narrow_row = narrow_row,
          .map_row = map_row,
          .moments_row = moments_row,
          .gradient_sums_row = gradient_sums_row,
          .gradient_row = gradient_row,
          .map_rounded_row = map_row,
          .gradient_sums_rounded_row = gradient_sums_row,
          .gradient_rounded_row = gradient_row,
          .add_row = add_row,
          .stream_row = stream_row,
          .expand_row = expand_row,
          .round_row = round_row,
          .logistic_sums_row = logistic_sums_row,
          .logistic_gradient_row = logistic_gradient_row,
          .max_pool_row = max_pool_row,
          .spread_row = spread_row,
          .pick_row = pick_row};
}
