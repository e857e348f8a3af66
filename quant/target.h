#pragma once
#include <string_view>
#include <vector>

#include "integrad/quant/c/arith.h"

namespace integrad {

/// What a family of integer kernels computes, as data.
struct Target {
  std::string_view name;
  std::string_view summary;
  integrad_rounding rounding;
};

const std::vector<Target>& targets();
/// Throws Error listing the known names when there is no such target.
const Target& find_target(std::string_view name);
inline constexpr std::string_view kDefaultTarget = "cmsis-nn";

}  // namespace integrad
