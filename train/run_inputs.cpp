#include "integrad/train/run_inputs.h"

#include <nlohmann/json.hpp>

#include "integrad/tensor/error.h"

namespace integrad {

namespace {

using Json = nlohmann::ordered_json;

/// Calls field(name, reference) for every plain setting: the one list of printing and reading.
template <class Inputs, class Field>
void for_each_field(Inputs& inputs, Field&& field) {
  field("size", inputs.options.size);
  field("chase_observer", inputs.options.chase_observer);
  field("images", inputs.options.folder.image_pattern);
  field("masks", inputs.options.folder.mask_pattern);
  field("fields_of_view", inputs.options.folder.field_of_view_pattern);
  field("mask_threshold", inputs.options.folder.mask_threshold);
  field("test", inputs.options.folder.test);
  field("test_fraction", inputs.options.folder.test_fraction);
}

std::string absolute_text(const std::filesystem::path& path) {
  return path.empty() ? std::string() : std::filesystem::absolute(path).lexically_normal().string();
}

template <class T>
void read(const Json& json, const char* name, T& value) {
  require(json.contains(name), "the setting '", name, "' is missing");
  try {
    value = json[name].get<T>();
  } catch (const nlohmann::json::exception&) {
    fail("setting '", name, "' cannot be ", json[name].dump());
  }
}

}  // namespace

std::string to_json(const RunInputs& inputs) {
  Json json;
  json["data"] = absolute_text(inputs.data);
  json["model"] = absolute_text(inputs.model);
  json["chase_split"] =
      inputs.options.chase_split == ChaseOptions::Split::by_child ? "20/8" : "8/20";
  for_each_field(inputs, [&](const char* name, const auto& value) { json[name] = value; });
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

RunInputs run_inputs_from_json(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  require(json.is_object(), "the run's inputs are not a JSON object");
  RunInputs inputs;
  std::string data, model, split;
  read(json, "data", data);
  read(json, "model", model);
  read(json, "chase_split", split);
  std::size_t known = 3;
  for_each_field(inputs, [&](const char* name, auto& value) {
    read(json, name, value);
    ++known;
  });
  require(json.size() == known, "the run's inputs hold ", json.size(), " settings; ", known,
          " are known");
  inputs.data = data;
  inputs.model = model;
  inputs.options.chase_split = parse_chase_split(split);
  return inputs;
}

}  // namespace integrad
