#include "integrad/nn/models/registry.h"

#include "integrad/nn/models/qsegment.h"
#include "integrad/tensor/error.h"

namespace integrad {

const std::vector<ModelEntry>& model_registry() {
  static const std::vector<ModelEntry> registry{
      {"qsegment", "in-sensor vessel segmentation (arXiv 2312.09854)", 8, make_qsegment},
  };
  return registry;
}

const ModelEntry& find_model(std::string_view name) {
  std::string known;
  for (const ModelEntry& entry : model_registry()) {
    if (entry.name == name) return entry;
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  fail("there is no model '", name, "'; known: ", known);
}

Graph make_model(std::string_view name, Index height, Index width) {
  return find_model(name).make(height, width);
}

}  // namespace integrad
