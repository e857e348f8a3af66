#pragma once
#include <string>
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

/// A model's name in parts: "qsegment+2" is qsegment with two doublings of the add-on (add_on.h),
/// "qsegment+2f" with its variant on features.
struct ModelName {
  std::string base;
  int doublings = 0;
  bool on_features = false;
};
/// Throws Error for a "+" without a number from 1 to 4, or with more behind it than an "f".
ModelName parse_model_name(std::string_view name);

/// The models known by name.
const std::vector<ModelEntry>& model_registry();

/// The base's entry. Throws Error, here and below, listing the known names when there is no such
/// model.
const ModelEntry& find_model(std::string_view name);
Graph make_model(std::string_view name, Index height, Index width);

}  // namespace integrad
