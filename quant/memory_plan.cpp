#include "integrad/quant/memory_plan.h"

#include <algorithm>
#include <numeric>

namespace integrad {

namespace {

using Order = std::vector<std::size_t>;

// Places the buffers in this order, each at the lowest offset that is free; returns the arena.
Index place(std::vector<PlannedBuffer>& buffers, const Order& order, Index alignment) {
  Index arena = 0;
  std::vector<const PlannedBuffer*> placed;  // by offset
  for (const std::size_t index : order) {
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

}  // namespace

Index plan_memory(std::vector<PlannedBuffer>& buffers, Index alignment) {
  if (buffers.empty()) return 0;
  Order order(buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return buffers[a].bytes > buffers[b].bytes; });
  Order best = order;
  Index least = place(buffers, order, alignment);
  // A buffer that sticks out on top came too late: let it choose first, and look again.
  for (std::size_t attempt = 0; attempt < 2 * buffers.size(); ++attempt) {
    const auto highest = std::ranges::max_element(
        order, {}, [&](std::size_t index) { return buffers[index].offset + buffers[index].bytes; });
    std::rotate(order.begin(), highest, highest + 1);
    const Index arena = place(buffers, order, alignment);
    if (arena >= least) continue;
    least = arena;
    best = order;
  }
  return place(buffers, best, alignment);
}

}  // namespace integrad
