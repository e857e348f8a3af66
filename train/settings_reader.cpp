#include "integrad/train/settings_reader.h"

#include <utility>

#include "integrad/tensor/error.h"
#include "integrad/train/json.h"

namespace integrad {

struct SettingsReader::Content {
  JsonInput json;

  const JsonInput& at(const std::string& name) const {
    require(json.contains(name), "the setting '", name, "' is missing");
    return json[name];
  }
};

namespace {

[[noreturn]] void refuse(const std::string& name, const JsonInput& value) {
  fail("setting '", name, "' cannot be ",
       value.dump(-1, ' ', false, JsonInput::error_handler_t::replace));
}

std::string text_of(const std::string& name, const JsonInput& whole, const JsonInput& value) {
  if (!value.is_string()) refuse(name, whole);
  return value.get<std::string>();
}

template <class T>
T whole_number(const std::string& name, const JsonInput& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (std::in_range<T>(number)) return static_cast<T>(number);
  } else if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (std::in_range<T>(number)) return static_cast<T>(number);
  }
  refuse(name, value);
}

}  // namespace

SettingsReader::SettingsReader(const std::string& text, const std::string& what)
    : content_(std::make_unique<Content>(Content{parse_json(text)})) {
  require(content_->json.is_object(), what, " is not a JSON object");
}
SettingsReader::~SettingsReader() = default;

bool SettingsReader::has(const std::string& name) const {
  return content_->json.contains(name);
}

std::vector<std::string> SettingsReader::names() const {
  std::vector<std::string> result;
  for (const auto& item : content_->json.items()) result.push_back(item.key());
  return result;
}

void SettingsReader::read(const std::string& name, std::string& value) const {
  const JsonInput& json = content_->at(name);
  value = text_of(name, json, json);
}

void SettingsReader::read(const std::string& name, std::vector<std::string>& value) const {
  const JsonInput& json = content_->at(name);
  if (!json.is_array()) refuse(name, json);
  std::vector<std::string> texts;
  for (const JsonInput& entry : json) texts.push_back(text_of(name, json, entry));
  value = std::move(texts);
}

void SettingsReader::read(const std::string& name, bool& value) const {
  const JsonInput& json = content_->at(name);
  if (!json.is_boolean()) refuse(name, json);
  value = json.get<bool>();
}

void SettingsReader::read(const std::string& name, double& value) const {
  const JsonInput& json = content_->at(name);
  if (!json.is_number()) refuse(name, json);
  value = json.get<double>();
}

void SettingsReader::read(const std::string& name, std::int32_t& value) const {
  value = whole_number<std::int32_t>(name, content_->at(name));
}
void SettingsReader::read(const std::string& name, std::int64_t& value) const {
  value = whole_number<std::int64_t>(name, content_->at(name));
}
void SettingsReader::read(const std::string& name, std::uint64_t& value) const {
  value = whole_number<std::uint64_t>(name, content_->at(name));
}

void require_same_settings(const std::string& stored, const std::string& given) {
  const JsonInput before = parse_valid_json(stored), now = parse_valid_json(given);
  for (const auto& item : before.items())
    require(now.contains(item.key()) && now[item.key()] == item.value(), "'", item.key(), "' is ",
            item.value().dump(), ", not ",
            now.contains(item.key()) ? now[item.key()].dump() : "missing");
}

}  // namespace integrad
