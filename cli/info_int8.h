#pragma once
#include <functional>

#include "integrad/nn/graph.h"
#include "integrad/quant/qgraph.h"

namespace integrad::cli {

/// A folded model and its frozen program at one size of the image.
struct SizedProgram {
  Graph folded;
  QGraph program;
};

/// Prints what the integer program takes on a device: per layer and in total multiply-accumulates,
/// flash and working memory as `plan` lays it out; the arena of every plan; and the largest square
/// image that fits each known part. `at` makes the program for an image of this height and width,
/// and throws Error for a size that the model does not take.
void print_device_account(const std::function<SizedProgram(Index height, Index width)>& at,
                          Index height, Index width, std::string_view plan);

}  // namespace integrad::cli
