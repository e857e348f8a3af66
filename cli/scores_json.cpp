#include "integrad/cli/report_json.h"

#include <nlohmann/json.hpp>

namespace integrad::cli {

namespace {

using Json = nlohmann::ordered_json;

Json to_value(const SegmentationScore& score) {
  const Confusion& c = score.counts;
  return {{"name", score.name},
          {"dice", c.dice()},
          {"jaccard", c.jaccard()},
          {"accuracy", c.accuracy()},
          {"sensitivity", c.sensitivity()},
          {"specificity", c.specificity()},
          {"auc", score.auc},
          {"true_positive", c.true_positive},
          {"false_positive", c.false_positive},
          {"true_negative", c.true_negative},
          {"false_negative", c.false_negative}};
}

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string to_json(const std::string& model, const std::string& data, bool within_field_of_view,
                    const std::vector<ScoreRow>& rows) {
  Json json{{"model", model}, {"data", data}, {"within_field_of_view", within_field_of_view}};
  json["rows"] = Json::array();
  for (const ScoreRow& row : rows) {
    Json images = Json::array();
    for (const SegmentationScore& image : row.images) images.push_back(to_value(image));
    Json pooled = to_value(row.pooled);
    pooled.erase("name");
    json["rows"].push_back({{"name", row.name}, {"pooled", pooled}, {"images", images}});
  }
  return text_of(json);
}

}  // namespace integrad::cli
