#include "integrad/quant/qgraph.h"

#include "integrad/tensor/sha256.h"

namespace integrad {

std::string_view name_of(const Operation& operation) {
  return std::visit([](const auto& o) { return std::remove_cvref_t<decltype(o)>::kName; },
                    operation);
}

Index constant_bytes(const Operation& operation) {
  if (const quantized::CodeTable* table = code_table_of(operation))
    return static_cast<Index>(table->size());
  const LinearTables* tables = tables_of(operation);
  if (tables == nullptr) return 0;
  return tables->weight.size() + static_cast<Index>(tables->bias.size() * sizeof(std::int32_t) +
                                                    tables->scales.size() * sizeof(integrad_scale));
}

Index constant_bytes(const QGraph& program) {
  Index sum = 0;
  for (const QNode& node : program.nodes) sum += constant_bytes(node.operation);
  return sum;
}

std::string weights_digest(const QGraph& program) {
  Sha256 sha;
  const auto add = [&](std::int32_t number) { sha.add(static_cast<std::uint32_t>(number)); };
  for (const QNode& node : program.nodes) {
    const LinearTables* tables = tables_of(node.operation);
    if (tables == nullptr) continue;
    const auto weight = tables->weight.values();
    const std::vector<std::uint8_t> bytes(weight.begin(), weight.end());
    sha.add(bytes);
    for (const std::int32_t bias : tables->bias) add(bias);
    for (const integrad_scale& scale : tables->scales) {
      add(scale.multiplier);
      add(scale.shift);
    }
  }
  return sha.finish();
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

const quantized::CodeTable* code_table_of(const Operation& operation) {
  return std::visit(
      [](const auto& o) -> const quantized::CodeTable* {
        if constexpr (requires { o.table; })
          return &o.table;
        else
          return nullptr;
      },
      operation);
}

}  // namespace integrad
