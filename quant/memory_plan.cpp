#include "integrad/quant/memory_plan.h"

#include <algorithm>
#include <numeric>

namespace integrad {

Index plan_memory(std::vector<PlannedBuffer>& buffers, Index alignment) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return buffers[a].bytes > buffers[b].bytes; });

  Index arena = 0;
  std::vector<const PlannedBuffer*> placed;  // by offset
  for (std::size_t index : order) {
    PlannedBuffer& buffer = buffers[index];
    Index offset = 0;
    for (const PlannedBuffer* other : placed) {
      const bool together =
          buffer.first_step <= other->last_step && other->first_step <= buffer.last_step;
      if (!together) continue;
      if (offset + buffer.bytes <= other->offset) break;
      const Index end = other->offset + other->bytes;
      offset = std::max(offset, (end + alignment - 1) / alignment * alignment);
    }
    buffer.offset = offset;
    arena = std::max(arena, offset + buffer.bytes);
    placed.insert(std::ranges::upper_bound(placed, offset, {}, &PlannedBuffer::offset), &buffer);
  }
  return arena;
}

}  // namespace integrad
