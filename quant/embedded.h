#pragma once
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace integrad {

/// A source file of this project, carried inside the library so that exporters can paste it.
struct EmbeddedText {
  std::string_view path;  ///< relative to the project: "quant/c/arith.h"
  std::string_view text;
};

const std::vector<EmbeddedText>& embedded_texts();
/// Throws Error when there is no such text.
std::string_view embedded_text(std::string_view path);
/// These texts and all that they include, by their paths.
std::set<std::string> with_included(const std::set<std::string>& paths);

}  // namespace integrad
