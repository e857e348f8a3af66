#pragma once
#include "integrad/nn/row_stages.h"
#include "integrad/quant/qgraph.h"

/// Operations on codes, one row of an image at a time, with the kernels in vector registers: what
/// integer inference is made of when only the last result counts.
namespace integrad::rows {

/// All nodes of a program, which must outlive what it gives. Operations that have no such kernel
/// (all, where the instruction set in use has none) are not made by rows.
Stages<std::int8_t> make_stages(const QGraph& program);

}  // namespace integrad::rows
