#include "integrad/tensor/parallel.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "integrad/tensor/error.h"

using namespace integrad;

namespace {

// Runs the body with several numbers of threads, and restores the number.
template <class Body>
void with_threads(Body body) {
  const int before = threads();
  for (int count : {1, 2, 3, 8}) {
    set_threads(count);
    CHECK(threads() == count);
    body();
  }
  set_threads(before);
}

}  // namespace

TEST_CASE("each chunk runs once, whatever the number of threads") {
  with_threads([] {
    for (Index chunks : {0, 1, 2, 7, 1000}) {
      std::vector<int> runs(static_cast<std::size_t>(chunks), 0);
      parallel_chunks(chunks, [&](Index chunk) { ++runs[static_cast<std::size_t>(chunk)]; });
      CHECK(runs == std::vector<int>(static_cast<std::size_t>(chunks), 1));
    }
  });
}

TEST_CASE("parallel_for covers every item once, in ranges cut by the grain alone") {
  with_threads([] {
    for (Index items : {0, 1, 9, 10, 11, 99})
      for (Index grain : {1, 10, 1000}) {
        std::vector<Index> owner(static_cast<std::size_t>(items), -1);
        std::vector<int> touched(static_cast<std::size_t>(items), 0);
        parallel_for(items, grain, [&](Index begin, Index end) {
          for (Index i = begin; i < end; ++i) {
            owner[static_cast<std::size_t>(i)] = begin;
            ++touched[static_cast<std::size_t>(i)];
          }
        });
        for (Index i = 0; i < items; ++i) {
          CHECK(owner[static_cast<std::size_t>(i)] == i / grain * grain);
          CHECK(touched[static_cast<std::size_t>(i)] == 1);
        }
      }
  });
}

TEST_CASE("of several failures the lowest chunk's is reported") {
  with_threads([] {
    for (int repeat = 0; repeat < 20; ++repeat)
      CHECK_THROWS_WITH_AS(
          parallel_chunks(
              40, [](Index chunk) { require(chunk < 5 || chunk % 3 != 0, "chunk ", chunk); }),
          "chunk 6", Error);
    // Afterwards everything works as before.
    Index sum = 0;
    std::vector<Index> parts(10);
    parallel_chunks(10, [&](Index chunk) { parts[static_cast<std::size_t>(chunk)] = chunk; });
    for (Index part : parts) sum += part;
    CHECK(sum == 45);
  });
}

TEST_CASE("loops inside loops run in the calling thread, and their failures come through") {
  with_threads([] {
    std::vector<int> cells(60, 0);
    parallel_chunks(6, [&](Index row) {
      parallel_chunks(10,
                      [&](Index column) { ++cells[static_cast<std::size_t>(10 * row + column)]; });
    });
    CHECK(cells == std::vector<int>(60, 1));
    CHECK_THROWS_WITH_AS(parallel_chunks(6,
                                         [](Index row) {
                                           parallel_chunks(10, [row](Index column) {
                                             require(row < 2 || column < 4, row, " ", column);
                                           });
                                         }),
                         "2 4", Error);
  });
}

TEST_CASE("a number of threads out of range is refused and changes nothing") {
  const int before = threads();
  for (int count : {0, -1, 1025})
    CHECK_THROWS_WITH_AS(
        set_threads(count),
        ("the number of threads lies in 1..1024; got " + std::to_string(count)).c_str(), Error);
  CHECK(threads() == before);
}
