#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "integrad/quant/c/arith.h"

namespace integrad {

/// The codes that stand for the weights of a linear layer: -largest .. largest, zero at 0.
struct WeightCodes {
  int largest = 127;
  bool per_channel = true;  ///< a scale for each output channel, or one for the layer
};

/// What a family of integer kernels computes, as data.
struct Target {
  std::string_view name;
  std::string_view summary;
  integrad_rounding rounding;
  WeightCodes weights = {};
};

const std::vector<Target>& targets();
/// Those whose weights have all eight bits and a scale a channel: they differ in rounding.
std::span<const Target> rounding_targets();
/// Throws Error listing the known names when there is no such target.
const Target& find_target(std::string_view name);
inline constexpr std::string_view kDefaultTarget = "cmsis-nn";

}  // namespace integrad
