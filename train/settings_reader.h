#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace integrad {

/// A JSON object of named settings, read strictly: a value of another kind, or a number that its
/// type cannot hold, is refused instead of converted.
class SettingsReader {
 public:
  /// Throws Error, starting with `what`, for a text that is not a JSON object.
  SettingsReader(const std::string& text, const std::string& what);
  ~SettingsReader();

  bool has(const std::string& name) const;
  /// In the order of the text.
  std::vector<std::string> names() const;

  /// Throws Error naming the setting when it is missing, of another kind or out of range.
  void read(const std::string& name, std::string& value) const;
  void read(const std::string& name, std::vector<std::string>& value) const;
  void read(const std::string& name, bool& value) const;
  void read(const std::string& name, double& value) const;
  void read(const std::string& name, std::int32_t& value) const;
  void read(const std::string& name, std::int64_t& value) const;
  void read(const std::string& name, std::uint64_t& value) const;

 private:
  struct Content;
  std::unique_ptr<const Content> content_;
};

/// Throws Error naming the first setting in which two texts of the same settings differ:
/// "'epochs' is 3, not 4".
void require_same_settings(const std::string& stored, const std::string& given);

}  // namespace integrad
