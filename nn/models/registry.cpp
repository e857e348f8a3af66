#include "integrad/nn/models/registry.h"

#include "integrad/nn/models/add_on.h"
#include "integrad/nn/models/elunet.h"
#include "integrad/nn/models/qsegment.h"
#include "integrad/tensor/error.h"

namespace integrad {

const std::vector<ModelEntry>& model_registry() {
  static const std::vector<ModelEntry> registry{
      {"qsegment", "in-sensor vessel segmentation (arXiv 2312.09854)", 8, make_qsegment},
      {"elunet8", "ELU-Net of width 8, base of arXiv 2403.05340", 16,
       [](Index height, Index width) { return make_elunet(height, width, 8, 3); }},
      {"elunet16", "ELU-Net of width 16", 16,
       [](Index height, Index width) { return make_elunet(height, width, 16, 3); }},
  };
  return registry;
}

ModelName parse_model_name(std::string_view name) {
  const std::size_t plus = name.find('+');
  if (plus == name.npos) return {std::string(name), 0};
  const std::string_view number = name.substr(plus + 1);
  const bool on_features = number.size() == 2 && number[1] == 'f';
  require((number.size() == 1 || on_features) && number[0] >= '1' && number[0] <= '4', "model '",
          name, "': after + comes how often the add-on doubles the resolution, 1 to 4, and f for ",
          "its variant on features");
  return {std::string(name.substr(0, plus)), number[0] - '0', on_features};
}

const ModelEntry& find_model(std::string_view name) {
  const std::string base = parse_model_name(name).base;
  std::string known;
  for (const ModelEntry& entry : model_registry()) {
    if (entry.name == base) return entry;
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  fail("there is no model '", name, "'; known: ", known);
}

Graph make_model(std::string_view name, Index height, Index width) {
  const ModelName parts = parse_model_name(name);
  Graph graph = find_model(name).make(height, width);
  if (parts.doublings == 0) return graph;
  return parts.on_features ? with_feature_add_on(std::move(graph), parts.doublings)
                           : with_add_on(std::move(graph), parts.doublings);
}

}  // namespace integrad
