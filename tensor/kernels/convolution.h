#pragma once
#include "integrad/tensor/geometry.h"

namespace integrad::kernels {

/// The two kinds of convolution: conv2d.h and depthwise.h.
enum class Convolution { full, depthwise };

}  // namespace integrad::kernels
