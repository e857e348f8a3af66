#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "integrad/quant/c/arith.h"

namespace integrad {

/// What a compiler is told to build the CMSIS-NN in `folder` along with a project of export_cmsis:
/// its include folder, its sources without those for floating point, and the rounding. Throws Error
/// when the folder holds no CMSIS-NN.
std::vector<std::string> cmsis_library(const std::filesystem::path& folder,
                                       integrad_rounding rounding);

}  // namespace integrad
