#pragma once
#include "integrad/nn/graph.h"

namespace integrad {

/// Q-Segment (arXiv 2312.09854): widths 16, 32, 64, RGB in [0,1] to one logit a pixel; 111,297
/// trainable parameters, 10,571 multiply-accumulates a pixel. Throws Error unless both sides are
/// divisible by 8.
Graph make_qsegment(Index height, Index width);

}  // namespace integrad
