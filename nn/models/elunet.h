#pragma once
#include "integrad/nn/graph.h"

namespace integrad {

/// ELU-Net (the base network of arXiv 2403.05340, section 5 of its supplement describes it): five
/// encoder levels of two conv3x3 + batch norm + ReLU each, widths n, 2n, 4n, 8n, 16n; decoder level
/// d joins the map from below with every encoder map of depth d and more except the deepest, each
/// brought to the level's width by transposed 2x2 convolutions and one conv3x3. The module that
/// lifts by one level is shared by the decoder's path and the encoder map of that depth. A 1x1 head
/// gives logits [1,h,w,1]. 800,113 parameters for n = 8 with one input channel, 3,194,081 for
/// n = 16. Throws Error unless both sides are divisible by 16.
Graph make_elunet(Index height, Index width, Index n, Index in_channels);

}  // namespace integrad
