#pragma once
#include <functional>
#include <vector>

#include "integrad/nn/interpreter.h"
#include "integrad/quant/qgraph.h"

namespace integrad {

/// The device's input: round(pixel / scale) + zero point of the program's input, for pixels in
/// [0,1] (exactly byte - 128 for byte / 255).
Tensor<std::int8_t> quantize_image(const QGraph& program, const Tensor<float>& image);

/// Runs a frozen program on codes [n,...] with the C kernels that emitted programs contain, or,
/// where the processor allows, with kernels in vector registers that give the same bytes
/// (INTEGRAD_ISA=baseline: with the C kernels only). Returns every node's codes, or with
/// Keep::output only the last one's (the others empty). Throws Error when the input's shape is not
/// the program's. With Keep::output what only neighbours read is made by rows and never stored as a
/// whole (row_operators.h), unless `computed` wants to know: it is called with every node but the
/// input when it has been computed.
std::vector<Tensor<std::int8_t>> run(const QGraph& program, const Tensor<std::int8_t>& input,
                                     Keep keep = Keep::output,
                                     const std::function<void(int node)>& computed = {});

}  // namespace integrad
