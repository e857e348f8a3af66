#include "integrad/quant/program_size.h"

#include "integrad/quant/arena.h"

namespace integrad {

ProgramSize size_of(const QGraph& program) {
  ProgramSize size;
  for (const QNode& node : program.nodes) {
    const LinearTables* tables = tables_of(node.operation);
    if (tables == nullptr) continue;
    size.parameters += tables->weight.size() + std::ssize(tables->bias);
    size.weight_bytes += tables->weight.size();
    size.table_bytes += static_cast<Index>(std::span(tables->bias).size_bytes() +
                                           std::span(tables->scales).size_bytes());
  }
  size.arena_bytes = plan_arena(program).bytes;
  return size;
}

}  // namespace integrad
