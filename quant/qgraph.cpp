#include "integrad/quant/qgraph.h"

namespace integrad {

std::string_view name_of(const Operation& operation) {
  return std::visit([](const auto& o) { return std::remove_cvref_t<decltype(o)>::kName; },
                    operation);
}

const LinearTables* tables_of(const Operation& operation) {
  return std::visit(
      [](const auto& o) -> const LinearTables* {
        if constexpr (requires { o.tables; })
          return &o.tables;
        else
          return nullptr;
      },
      operation);
}

}  // namespace integrad
