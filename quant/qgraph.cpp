#include "integrad/quant/qgraph.h"

namespace integrad {

std::string_view name_of(const Operation& operation) {
  return std::visit([](const auto& o) { return std::remove_cvref_t<decltype(o)>::kName; },
                    operation);
}

Index winner_row_size(const quantized::MaxPool& pool) {
  const integrad_pool& a = pool.attributes;
  return integrad_winner_row_size(a.output, a.window_y, a.window_x);
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
