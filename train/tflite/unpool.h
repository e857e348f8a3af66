#pragma once
#include "integrad/quant/qgraph.h"
#include "integrad/train/tflite/composer.h"

namespace integrad::tflite {

/// Max pooling's winners and unpooling, put together from operators that TensorFlow Lite Micro has,
/// since the format has none for them. For windows of k x k points that touch without overlapping
/// (stride k, no dilation, no padding above or left).

/// A pool's winners, places in reading order as int8 codes of scale 1/2:
/// [1, output points, 1, channels]. SPACE_TO_DEPTH brings the points of a window side by side,
/// ARG_MAX takes the first maximum of them; CAST leaves a byte of each winner to be kept. Throws
/// Error for other windows, and above 11 x 11 points, whose places exceed int8.
TensorId winners(Composer& composer, const std::string& layer, TensorId pool_input,
                 const integrad_pool& pool);

/// Every value at its winner's place, elsewhere the zero point: EQUAL finds the place in its
/// window, SELECT_V2 puts value or zero point there, DEPTH_TO_SPACE spreads windows out.
TensorId unpool(Composer& composer, const QNode& layer, TensorId values, TensorId winners,
                const integrad_unpool& attributes);

}  // namespace integrad::tflite
