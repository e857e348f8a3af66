#pragma once
#include "integrad/nn/graph.h"
#include "integrad/nn/parameters.h"
#include "integrad/nn/row_stages.h"

/// Layers in evaluation mode, one row of an image at a time: what streamed inference is made of.
/// The bits are those of the whole-map operators.
namespace integrad::rows {

/// None for layers that are not made by rows: windows that overlap the border of a pool, groups,
/// operands that are repeated, and all that mix rows in other ways.
std::optional<Operator<float>> make_operator(const Graph& graph, int id,
                                             const Parameters<float>& parameters);

/// All layers of a model.
Stages<float> make_stages(const Graph& graph, const Parameters<float>& parameters);

}  // namespace integrad::rows
