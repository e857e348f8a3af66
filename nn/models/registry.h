#pragma once
#include <string_view>
#include <vector>

#include "integrad/nn/graph.h"

namespace integrad {

struct ModelEntry {
  std::string_view name;
  std::string_view summary;
  Index side_multiple;  ///< both sides of the image must be divisible by this
  Graph (*make)(Index height, Index width);
};

/// The models known by name.
const std::vector<ModelEntry>& model_registry();

/// Throws Error, here and below, listing the known names when there is no such model.
const ModelEntry& find_model(std::string_view name);
Graph make_model(std::string_view name, Index height, Index width);

}  // namespace integrad
