#pragma once
#include <optional>
#include <string>

#include "integrad/quant/qgraph.h"

namespace integrad {

/// Throws Error naming layer and reason when CMSIS-NN would compute a node wrongly on every core.
void check_cmsis(const QNode& node);

/// Why CMSIS-NN computes a node wrongly on cores with Helium alone; nothing when it does not.
std::optional<std::string> wrong_on_mve(const QNode& node, integrad_rounding rounding);

}  // namespace integrad
