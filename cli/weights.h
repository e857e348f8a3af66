#pragma once
#include "integrad/train/checkpoint.h"

namespace integrad::cli {

/// "weights SHA-256 <64 digits>" (weights_digest); of a quantised model a second line says what
/// its integer program holds, "int8 weights SHA-256 <64 digits>", as exported headers do.
void print_weights_digest(const Checkpoint& model);

}  // namespace integrad::cli
