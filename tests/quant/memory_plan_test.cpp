#include "integrad/quant/memory_plan.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "integrad/tensor/random.h"

using namespace integrad;

namespace {

bool live_together(const PlannedBuffer& a, const PlannedBuffer& b) {
  return a.first_step <= b.last_step && b.first_step <= a.last_step;
}

bool apart(const PlannedBuffer& a, const PlannedBuffer& b) {
  return a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
}

std::vector<PlannedBuffer> random_problem(std::uint64_t stream) {
  const Random random(12, stream);
  std::uint64_t index = 0;
  const auto draw = [&](std::uint64_t count) {
    return static_cast<int>(random.below(index++, count));
  };
  std::vector<PlannedBuffer> buffers;
  const int count = 1 + draw(25), steps = 1 + draw(12);
  for (int i = 0; i < count; ++i) {
    const int first = draw(static_cast<std::uint64_t>(steps));
    const int last = first + draw(static_cast<std::uint64_t>(steps - first));
    const Index bytes = draw(3) == 0 ? draw(20) : 1 + draw(5000);  // a few of no bytes at all
    buffers.push_back({bytes, first, last});
  }
  return buffers;
}

}  // namespace

TEST_CASE("on random problems live buffers never overlap, and the arena spans their ends") {
  for (std::uint64_t stream = 0; stream < 300; ++stream) {
    for (Index alignment : {1, 16, 64}) {
      std::vector<PlannedBuffer> buffers = random_problem(stream);
      const Index arena = plan_memory(buffers, alignment);
      Index end = 0, all = 0;
      for (std::size_t i = 0; i < buffers.size(); ++i) {
        REQUIRE(buffers[i].offset >= 0);
        REQUIRE(buffers[i].offset % alignment == 0);
        end = std::max(end, buffers[i].offset + buffers[i].bytes);
        all += (buffers[i].bytes + alignment - 1) / alignment * alignment;
        for (std::size_t j = 0; j < i; ++j)
          REQUIRE((apart(buffers[i], buffers[j]) || !live_together(buffers[i], buffers[j])));
      }
      CHECK(arena == end);
      CHECK(arena <= all);
      for (int step = 0; step < 12; ++step) {
        Index live = 0;
        for (const PlannedBuffer& b : buffers)
          if (b.first_step <= step && step <= b.last_step) live += b.bytes;
        CHECK(arena >= live);
      }
    }
  }
}

TEST_CASE("a chain of layers needs two neighbours at a time, a skip connection its own place") {
  std::vector<PlannedBuffer> chain{{100, 0, 1}, {200, 1, 2}, {100, 2, 3}, {200, 3, 4}};
  CHECK(plan_memory(chain, 1) == 300);
  std::vector<PlannedBuffer> skip = chain;
  skip[0].last_step = 4;
  CHECK(plan_memory(skip, 1) == 400);
  std::vector<PlannedBuffer> none;
  CHECK(plan_memory(none) == 0);
}

TEST_CASE("the largest goes first, the others to the lowest gap that holds them") {
  // A gap of 32 bytes opens between the two large ones when the middle one ends.
  std::vector<PlannedBuffer> buffers{{64, 0, 9}, {32, 0, 3}, {48, 0, 9}, {20, 5, 9}};
  CHECK(plan_memory(buffers, 16) == 144);
  CHECK(buffers[0].offset == 0);
  CHECK(buffers[2].offset == 64);
  CHECK(buffers[1].offset == 112);
  CHECK(buffers[3].offset == 112);
}
