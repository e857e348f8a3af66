#include "integrad/quant/cmsis_library.h"

#include <algorithm>

#include "integrad/tensor/error.h"

namespace integrad {

namespace fs = std::filesystem;

std::vector<std::string> cmsis_library(const fs::path& folder, integrad_rounding rounding) {
  const auto refuse = [&](const char* lacks) {
    fail("folder '", folder.string(), "': holds no CMSIS-NN (", lacks,
         "); give the one with Include and Source");
  };
  std::error_code error;
  if (!fs::is_regular_file(folder / "Include/arm_nnfunctions.h", error))
    refuse("no Include/arm_nnfunctions.h");
  std::vector<std::string> sources;
  for (const fs::directory_entry& group : fs::directory_iterator(folder / "Source", error)) {
    if (!group.is_directory()) continue;
    for (const fs::directory_entry& file : fs::directory_iterator(group.path())) {
      const std::string name = file.path().filename().string();
      if (name.ends_with(".c") && !name.ends_with("_f16.c") && !name.ends_with("_f32.c"))
        sources.push_back(file.path().string());
    }
  }
  if (sources.empty()) refuse("no Source/*/*.c");
  std::ranges::sort(sources);
  // Its sources want GNU C, and their warnings are not ours.
  std::vector<std::string> arguments{"-std=gnu99", "-w", "-I" + (folder / "Include").string()};
  if (rounding == INTEGRAD_ROUNDING_SINGLE)
    arguments.emplace_back("-DCMSIS_NN_USE_SINGLE_ROUNDING");
  arguments.insert(arguments.end(), sources.begin(), sources.end());
  return arguments;
}

}  // namespace integrad
