#pragma once
#include "integrad/nn/graph.h"
#include "integrad/nn/parameters.h"

namespace integrad {

template <class T>
struct Model {
  Graph graph;
  Parameters<T> parameters;
};

/// The same function in evaluation mode with fewer layers: a batch norm that is the only reader of
/// a convolution (plain, depthwise, transposed) or fully connected layer is folded into its
/// weights,
///   weight' = weight * gamma / sqrt(running_variance + epsilon)
///   bias'   = (bias - running_mean) * gamma / sqrt(running_variance + epsilon) + beta
/// and a ReLU or ReLU6 that is the only reader of a layer that can clamp becomes its activation.
/// The remaining layers keep their names. The arithmetic is done in double.
template <class T>
Model<T> fold(const Graph& graph, const Parameters<T>& parameters);

}  // namespace integrad
