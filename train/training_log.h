#pragma once
#include <filesystem>
#include <vector>

#include "integrad/train/trainer.h"

namespace integrad {

/// Writes log.csv whole, beside and renamed; numbers in the shortest form that reads back the same,
/// nothing for NaN. load_log (trainer.h) is its inverse.
void save_log(const std::filesystem::path& path, const std::vector<EpochLog>& rows);

}  // namespace integrad
