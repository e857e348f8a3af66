#include "integrad/quant/embedded.h"

#include <filesystem>

#include "integrad/tensor/error.h"

namespace integrad {

std::string_view embedded_text(std::string_view path) {
  for (const EmbeddedText& entry : embedded_texts())
    if (entry.path == path) return entry.text;
  fail("there is no embedded text '", path, "'");
}

namespace {

void add_with_included(const std::string& path, std::set<std::string>& paths) {
  if (!paths.insert(path).second) return;
  constexpr std::string_view kInclude = "#include \"";
  const std::string_view text = embedded_text(path);
  for (auto at = text.find(kInclude); at != text.npos; at = text.find(kInclude, at)) {
    at += kInclude.size();
    const std::string_view name = text.substr(at, text.find('"', at) - at);
    const auto folder = std::filesystem::path(path).parent_path();
    add_with_included((folder / name).lexically_normal().generic_string(), paths);
  }
}

}  // namespace

std::set<std::string> with_included(const std::set<std::string>& paths) {
  std::set<std::string> all;
  for (const std::string& path : paths) add_with_included(path, all);
  return all;
}

}  // namespace integrad
