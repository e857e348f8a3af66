// docs/operators.md lists what there is.
#include <doctest/doctest.h>

#include <fstream>
#include <set>

#include "integrad/quant/embedded.h"
#include "integrad/quant/qgraph.h"

using namespace integrad;

namespace {

struct Row {
  std::string operation, kernel, header;
};

// What stands in the first `open` ... `close` of a text from `at` on; `at` moves behind it.
std::string between(const std::string& text, const char* open, const char* close, std::size_t& at) {
  const std::size_t from = text.find(open, at) + std::string(open).size();
  const std::size_t end = text.find(close, from);
  at = end;
  return text.substr(from, end - from);
}

std::vector<Row> rows_of_page() {
  std::ifstream page(std::string(INTEGRAD_SOURCE_DIR) + "/docs/operators.md");
  std::vector<Row> rows;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| ") || line.find('`') == std::string::npos) continue;
    std::size_t at = 0;
    Row row;
    row.operation = between(line, "| `", "`", at);
    row.kernel = between(line, "[`", "`", at);
    row.header = between(line, "(../", ")", at);
    rows.push_back(row);
  }
  return rows;
}

template <std::size_t... I>
std::set<std::string> operations(std::index_sequence<I...>) {
  return {std::string(std::variant_alternative_t<I, Operation>::kName)...};
}

}  // namespace

TEST_CASE("the page of operators lists every operation once, with a kernel that exists") {
  const auto expected = operations(std::make_index_sequence<std::variant_size_v<Operation>>());
  const std::vector<Row> rows = rows_of_page();
  std::set<std::string> listed;
  for (const Row& row : rows) {
    CAPTURE(row.operation);
    CHECK(listed.insert(row.operation).second);
    CHECK(embedded_text(row.header).find("static inline void " + row.kernel + "(") !=
          std::string_view::npos);
  }
  CHECK(listed == expected);
}
