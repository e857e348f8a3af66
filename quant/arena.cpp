#include "integrad/quant/arena.h"

#include "integrad/quant/memory_plan.h"

namespace integrad {

ArenaLayout plan_arena(const QGraph& program) {
  const int last = program.size() - 1;
  std::vector<PlannedBuffer> buffers;
  std::vector<std::pair<int, bool>> owners;  // node, holds winners
  const auto add = [&](int id, bool winners) {
    // Codes live until their last reader among the first inputs, winners among the second.
    int last_step = id;
    for (int reader = id + 1; reader <= last; ++reader) {
      const QNode& node = program.node(reader);
      const bool unpool = std::holds_alternative<quantized::MaxUnpool>(node.operation);
      for (std::size_t i = 0; i < node.inputs.size(); ++i)
        if (node.inputs[i] == id && (unpool && i == 1) == winners) last_step = reader;
    }
    buffers.push_back({program.node(id).shape.elements(), id, last_step});
    owners.emplace_back(id, winners);
  };
  for (int id = 1; id <= last; ++id) {
    if (id != last) add(id, false);  // the last one writes to the caller's output
    const auto* pool = std::get_if<quantized::MaxPool>(&program.node(id).operation);
    if (pool != nullptr && pool->keeps_winners) add(id, true);
  }
  ArenaLayout layout{std::vector<ArenaLayout::Place>(program.nodes.size()), plan_memory(buffers)};
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    ArenaLayout::Place& node = layout.nodes[static_cast<std::size_t>(owners[i].first)];
    (owners[i].second ? node.winners : node.codes) = buffers[i].offset;
  }
  return layout;
}

}  // namespace integrad
