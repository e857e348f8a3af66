#pragma once
#include "integrad/nn/graph.h"

namespace integrad {

/// The multi-stage add-on of arXiv 2403.05340 behind a base network's k-class logits: `doublings`
/// times twice the resolution, 1 to 4, linear throughout. A stage is a transposed 2x2 convolution
/// and a conv3x3; from the third doubling on, the fusing module F reads the stage before beside the
/// logits lifted directly, and is shared. Every stage's result is a level of the graph
/// (Graph::levels), the logits the first. Each starts as the logits' bilinear interpolation. 15,
/// 30, 87, 112 parameters at k = 1; 98 k^2 + 14 k for four doublings. Throws Error for another
/// number.
Graph with_add_on(Graph base, int doublings);

/// Its variant on features, not in the paper: what the base's last layer reads is doubled by
/// depthwise transposed 2x2 convolutions, which start as repetition, and that layer, with the
/// parameters of the base, makes each level of what a stage gives. With 16 channels of features 80
/// parameters a stage. Throws Error unless the base ends in a convolution.
Graph with_feature_add_on(Graph base, int doublings);

}  // namespace integrad
