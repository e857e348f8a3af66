#pragma once
#include "integrad/quant/qgraph.h"
#include "integrad/train/tflite/model.h"

namespace integrad::tflite {

/// The tensors and operators of a frozen program. Throws Error as tflite_model() does.
Model program_as_model(const QGraph& program);

}  // namespace integrad::tflite
