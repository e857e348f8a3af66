#include "integrad/train/decathlon_index.h"

#include <charconv>

#include "integrad/tensor/error.h"
#include "integrad/tensor/files.h"
#include "integrad/train/json.h"

namespace integrad {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 24;
constexpr int kDeepest = 4;  // what lies deeper is of no use here

std::string text_of(const JsonInput& value, const char* what) {
  require(value.is_string(), "'", what, "' is text; it is ", value.type_name());
  return value.get<std::string>();
}

/// {"0": "background", "1": "Anterior"}
std::map<std::int32_t, std::string> numbered(const JsonInput& json, const char* name) {
  std::map<std::int32_t, std::string> result;
  const auto found = json.find(name);
  if (found == json.end()) return result;
  require(found->is_object(), "'", name, "' names numbers; it is ", found->type_name());
  for (const auto& [key, value] : found->items()) {
    std::int32_t number = -1;
    const auto end = std::from_chars(key.data(), key.data() + key.size(), number).ptr;
    require(end == key.data() + key.size() && number >= 0, "'", name,
            "' names whole numbers from 0 on; one is '", key, "'");
    result[number] = text_of(value, name);
  }
  return result;
}

/// The name in imagesTr of "./imagesTr/NAME.nii.gz".
std::string image_file(const JsonInput& entry) {
  require(entry.is_object() && entry.contains("image"),
          "'training' lists objects with an 'image'; one has none");
  const std::string text = text_of(entry["image"], "image");
  const fs::path path = fs::path(text).lexically_normal();
  require(path.parent_path() == "imagesTr" && path.has_filename(), "training image '", text,
          "' does not lie in imagesTr");
  return path.filename().string();
}

DecathlonIndex index_of(const std::string& text) {
  const auto watch = [](int depth, JsonInput::parse_event_t, JsonInput&) {
    return depth <= kDeepest;
  };
  const JsonInput json = parse_json(text, watch);
  require(json.is_object(), "is no JSON object");
  DecathlonIndex index;
  if (json.contains("name")) index.name = text_of(json["name"], "name");
  index.labels = numbered(json, "labels");
  index.modalities = numbered(json, "modality");
  if (const auto training = json.find("training"); training != json.end()) {
    require(training->is_array(), "'training' is a list; it is ", training->type_name());
    for (const JsonInput& entry : *training) index.images.push_back(image_file(entry));
  }
  return index;
}

}  // namespace

std::optional<DecathlonIndex> read_decathlon_index(const fs::path& folder) {
  const fs::path path = folder / "dataset.json";
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  const std::vector<std::uint8_t> bytes = read_file(path, kMostBytes);
  try {
    return index_of(std::string(bytes.begin(), bytes.end()));
  } catch (const Error& error) {
    fail("'", path.string(), "': ", error.what());
  }
}

}  // namespace integrad
