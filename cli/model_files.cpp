#include "integrad/cli/model_files.h"

#include "integrad/tensor/error.h"
#include "integrad/tensor/files.h"
#include "integrad/train/photograph.h"
#include "integrad/train/settings_reader.h"

namespace integrad::cli {

namespace fs = std::filesystem;

fs::path model_file(const fs::path& given) {
  std::error_code error;
  if (!fs::is_directory(given, error)) return given;
  for (const char* name : {kPublishedInt8, "model.safetensors"})
    if (fs::is_regular_file(given / name, error)) return given / name;
  fail("folder '", given.string(), "': holds neither ", kPublishedInt8, " nor model.safetensors");
}

std::optional<fs::path> float_model_beside(const fs::path& given) {
  std::error_code error;
  if (!fs::is_directory(given, error) || !fs::is_regular_file(given / kPublishedFloat, error))
    return std::nullopt;
  return given / kPublishedFloat;
}

Index published_field_of_view(const fs::path& given) {
  const fs::path path = given / "model.json";
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return 0;
  return with_context(path.string(), [&] {
    const auto bytes = read_file(path, std::uint64_t{1} << 16);
    const SettingsReader settings(std::string(bytes.begin(), bytes.end()),
                                  "the model's description");
    Index diameter = 0;
    settings.read("field_of_view", diameter);
    require(diameter >= 1 && diameter <= kLargestFrame, "field_of_view is 1 to ", kLargestFrame,
            " pixels; got ", diameter);
    return diameter;
  });
}

}  // namespace integrad::cli
