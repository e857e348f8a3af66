#pragma once
#include "integrad/quant/kernels/fast.h"

/// Filters in the form that the row kernels read (int8_kernels.h).
namespace integrad::kernels::int8 {

/// Weights in groups, each lane's bias with the zero point's share, and how far the sums of each
/// output channel go.
struct PackedFilter {
  Buffer<std::int8_t> weights;
  std::vector<float> real_weights, real_bias;  // instead, for FloatDepthwiseRow
  std::vector<std::int32_t> bias;
  std::vector<std::int64_t> bounds;
};

/// For conv_row, winograd_row and narrow_row; `c` is the layer without its filter.
PackedFilter pack_conv(const Int8Kernels& kernels, const integrad_conv& layer, const ConvRow& c,
                       const std::int8_t* filter, const std::int32_t* bias);
PackedFilter pack_winograd(const Int8Kernels& kernels, const integrad_conv& layer, const ConvRow& c,
                           const std::int8_t* filter, const std::int32_t* bias);
PackedFilter pack_narrow(const Int8Kernels& kernels, const integrad_conv& layer, const ConvRow& c,
                         const std::int8_t* filter, const std::int32_t* bias);
PackedFilter pack_depthwise(const Int8Kernels& kernels, const integrad_depthwise& layer,
                            const DepthwiseRow& c, const std::int8_t* filter,
                            const std::int32_t* bias, const ChannelOf& channel_of);
/// For FloatDepthwiseRow.
PackedFilter pack_float_depthwise(const Int8Kernels& kernels, const integrad_depthwise& layer,
                                  const std::int8_t* filter, const std::int32_t* bias);

}  // namespace integrad::kernels::int8
