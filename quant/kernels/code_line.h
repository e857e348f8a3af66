#pragma once
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "integrad/quant/c/elementwise.h"
#include "integrad/quant/c/layout.h"

namespace integrad::kernels::int8 {

/// A rounded line of floats that *is* the requantisation of a channel's sums:
///   code = clamp(nearest(fma(float(sum), factor, sum < 0 ? below : start)))
/// for every sum with |sum| <= bound; ties of `nearest` go to even, as processors round.
struct CodeLine {
  float factor, start, below;
};

/// The lines of all channels, or null when one of them has none that this search finds.
///
/// A requantisation never falls where the sum rises, and neither does a line (each of its steps
/// rounds, but keeps the order). So both are known by the sums at which they take the next code, at
/// most 255 of them, and are equal when the line has its old code before and its new code at each.
/// The search takes the factors nearest to the true one and starts between the bounds that these
/// steps set; what it tries, it proves at every step. `signs`: whether `below` may differ from
/// `start`; then the codes of -1 and 0 are proven, too.
///
/// Found once for the same numbers, then remembered.
using CodeLines = std::vector<CodeLine>;
std::shared_ptr<const CodeLines> code_lines(const integrad_output_stage& stage,
                                            std::span<const integrad_scale> scales,
                                            std::span<const std::int64_t> bounds, bool signs);

/// The same for the sum of two codes: clamp(nearest(fma(x1, factor1, fma(x2, factor2, offset)))).
struct SumLine {
  float factor1, factor2, offset;
};

/// A line near `start` that gives the code of every pair, each of the 65536 tried; nothing when
/// none of those that are searched does. `swapped`: x1 is the layer's second operand. Remembered,
/// too.
std::optional<SumLine> sum_line(const integrad_add& layer, bool swapped, const SumLine& start);

}  // namespace integrad::kernels::int8
