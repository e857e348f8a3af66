#pragma once
#include <span>

#include "integrad/nn/graph.h"
#include "integrad/nn/parameters.h"
#include "integrad/quant/qgraph.h"

namespace integrad {

/// Float to integers, the only place where that happens: the same functions serve
/// quantisation-aware training at every step and the final program.

/// Where a weight's output channels lie: OHWI and [out,in] have them first, 1HWC last.
enum class ChannelAxis { first, last };

/// Symmetric weights and their tables, L the largest code and max|w| of a channel or the layer:
///   s_weight = max|w| / L,  weight = round(w * (L / max|w|)) in float32,
///   bias = round(b / (s_in * s_weight)),  scale = s_in * s_weight / s_out in double.
/// A channel without weights, or one so weak that its bias would not fit 28 bits, gets the smallest
/// scale at which it does. Throws Error naming the channel when a value is not finite or when a sum
/// could leave 32 bits before or after the multiplier's left shift.
LinearTables lower_linear(const Tensor<float>& weight, const Tensor<float>* bias, ChannelAxis axis,
                          const Quantization& in, const Quantization& out,
                          const WeightCodes& codes = {});

/// The clamp of an activation in codes.
struct CodeRange {
  std::int32_t low, high;
};
CodeRange activation_range(Activation activation, const Quantization& out);

/// One node's operation from its float weights (null where it has none) and the quantisation of
/// every node. Throws Error when the target has no kernel for the layer.
Operation lower_node(const Graph& graph, int id, const Tensor<float>* weight,
                     const Tensor<float>* bias, std::span<const Quantization> quantizations,
                     const Target& target);

/// The frozen integer program of a folded model. Throws Error naming the layer.
QGraph lower(const Graph& graph, const Parameters<float>& parameters,
             std::span<const Quantization> quantizations, const Target& target);

}  // namespace integrad
