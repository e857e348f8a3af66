#include "integrad/train/scores.h"

#include "integrad/train/json.h"

namespace integrad {

namespace {

using Json = JsonOutput;

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

Json rows_of(const ScoreTable& table) {
  Json rows = Json::array();
  for (const ScoreRow& row : table.rows) {
    Json images = Json::array();
    for (const SegmentationScore& image : row.images) images.push_back(to_value(image));
    Json pooled = to_value(row.pooled);
    pooled.erase("name");
    rows.push_back({{"name", row.name}, {"pooled", pooled}, {"images", images}});
  }
  return rows;
}

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string to_json(const ScoredModel& what, const ScoreTable& table) {
  return text_of({{"model", what.model},
                  {"data", what.data},
                  {"part", what.part},
                  {"within_field_of_view", table.within_field_of_view},
                  {"rows", rows_of(table)}});
}

std::string to_json(const ScoredModel& what, const std::vector<ScoreTable>& tables) {
  Json json{{"model", what.model}, {"data", what.data}, {"part", what.part}};
  json["tables"] = Json::array();
  for (const ScoreTable& table : tables)
    json["tables"].push_back(
        {{"within_field_of_view", table.within_field_of_view}, {"rows", rows_of(table)}});
  return text_of(json);
}

}  // namespace integrad
