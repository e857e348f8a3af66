#pragma once
#include "integrad/nn/fold.h"
#include "integrad/quant/qgraph.h"

namespace integrad::cli {

/// Prints how many images a second the folded model predicts here with the threads in use, in
/// floats and, where `program` is not null, in integers: the median of runs that last two seconds
/// together.
void print_speed(Model<float> folded, const QGraph* program);

}  // namespace integrad::cli
