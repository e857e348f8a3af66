#include "integrad/train/run_inputs.h"

#include "integrad/tensor/error.h"
#include "integrad/train/json.h"
#include "integrad/train/settings_reader.h"

namespace integrad {

namespace {

using Json = JsonOutput;

/// Calls field(name, reference) for every plain setting: the one list of printing and reading.
template <class Inputs, class Field>
void for_each_input(Inputs& inputs, Field&& field) {
  field("size", inputs.options.size);
  field("chase_observer", inputs.options.chase_observer);
  field("decathlon_axis", inputs.options.decathlon.axis);
  field("decathlon_modality", inputs.options.decathlon.modality);
  field("decathlon_label", inputs.options.decathlon.label);
  field("decathlon_hold_out", inputs.options.decathlon.hold_out);
  field("decathlon_foreground_only", inputs.options.decathlon.foreground_only);
  field("decathlon_seed", inputs.options.decathlon.seed);
  field("images", inputs.options.folder.image_pattern);
  field("masks", inputs.options.folder.mask_pattern);
  field("fields_of_view", inputs.options.folder.field_of_view_pattern);
  field("mask_threshold", inputs.options.folder.mask_threshold);
  field("test", inputs.options.folder.test);
  field("test_fraction", inputs.options.folder.test_fraction);
}

std::string absolute_text(const std::filesystem::path& path) {
  if (path.empty()) return {};
  const std::filesystem::path absolute = std::filesystem::absolute(path).lexically_normal();
  // One text for "folder" and "folder/".
  return (absolute.has_filename() ? absolute : absolute.parent_path()).string();
}

}  // namespace

std::string to_json(const RunInputs& inputs) {
  Json json;
  json["data"] = absolute_text(inputs.data);
  json["model"] = absolute_text(inputs.model);
  json["chase_split"] = to_string(inputs.options.chase_split);
  for_each_input(inputs, [&](const char* name, const auto& value) { json[name] = value; });
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

RunInputs run_inputs_from_json(const std::string& text) {
  const SettingsReader settings(text, "the file of a run's inputs");
  RunInputs inputs;
  std::string data, model, split;
  settings.read("data", data);
  settings.read("model", model);
  settings.read("chase_split", split);
  std::size_t known = 3;
  for_each_input(inputs, [&](const char* name, auto& value) {
    settings.read(name, value);
    ++known;
  });
  const std::size_t held = settings.names().size();
  require(held == known, "the run's inputs hold ", held, " settings; ", known, " are known");
  inputs.data = data;
  inputs.model = model;
  inputs.options.chase_split = parse_chase_split(split);
  return inputs;
}

}  // namespace integrad
