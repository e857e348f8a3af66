#include "integrad/cli/weights.h"

#include <iostream>

namespace integrad::cli {

void print_weights_digest(const Checkpoint& model) {
  std::cout << "weights SHA-256 " << weights_digest(model.parameters) << "\n";
  if (model.stage == Checkpoint::Stage::quantized)
    std::cout << "int8 weights SHA-256 " << weights_digest(model.program(model.height, model.width))
              << "\n";
}

}  // namespace integrad::cli
