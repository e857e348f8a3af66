#pragma once
#include <string>
#include <string_view>

#include "integrad/tensor/shape.h"

namespace integrad {

/// Numbers for readers, the same on every machine whatever its locale.

/// "0.8123"; an en dash for what is not a number.
std::string format_fixed(double value, int decimals);
/// "1,234,567"
std::string format_count(Index value);
/// "812 bytes", "51.9 KiB", "1.25 MiB"
std::string format_bytes(Index bytes);
/// The shortest text for a number on an axis whose ticks are `step` apart: "0.25", "2e-05".
std::string format_tick(double value, double step);

}  // namespace integrad
