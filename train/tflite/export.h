#pragma once
#include <cstdint>
#include <vector>

#include "integrad/quant/export_c.h"
#include "integrad/quant/qgraph.h"

namespace integrad {

/// A frozen program as a TensorFlow Lite model file for TensorFlow Lite Micro, whose default
/// kernels (with or without CMSIS-NN) compute the same bytes from it as the integer runner. Each
/// layer's output is a tensor of the layer's name, int8 with the program's scale and zero point;
/// TFLM derives multipliers, shifts and clamps from those by the same rules as lower(). Throws
/// Error naming the layer for what the format, or TFLM, cannot do, and when the program's target
/// does not round twice, as TFLM does.
std::vector<std::uint8_t> tflite_model(const QGraph& program);

/// model.tflite, and README.txt: what goes in, what comes out, which operators an interpreter
/// needs.
std::vector<EmittedFile> export_tflite(const QGraph& program);

}  // namespace integrad
