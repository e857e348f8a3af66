#include "integrad/tensor/kernels/row_ring.h"

#include <doctest/doctest.h>

#include <vector>

#include "integrad/tensor/error.h"

using namespace integrad;
using kernels::RingRows;

TEST_CASE("a ring's rows are made once each while a window slides, and never move") {
  const Index size = 7;
  std::vector<Index> made;
  const auto make = [&](Index image, Index row, int* into) {
    made.push_back(row);
    for (Index i = 0; i < size; ++i) into[i] = static_cast<int>(1000 * image + row);
  };
  kernels::RowRing<decltype(make), int> ring(size, 3, make);
  const auto check = [&](Index image, Index begin, Index end) {
    const RingRows<int> rows = ring.rows(image, begin, end);
    for (Index row = begin; row < end; ++row)
      for (Index i = 0; i < size; ++i)
        CHECK(rows.row(row - begin)[i] == static_cast<int>(1000 * image + row));
    return rows;
  };
  std::vector<Index> each{0, 1};
  std::vector<const int*> places;
  for (Index row = 0; row < 40; ++row) {
    const RingRows<int> rows = check(0, row, row + 3);
    CHECK(check(0, row + 1, row + 2).first == rows.row(1));
    CHECK(check(0, row, row + 3).first == rows.first);  // three rows are kept
    if (row >= 3) CHECK(places[static_cast<std::size_t>(row - 3)] == rows.first);  // and no more
    places.push_back(rows.first);
    each.push_back(row + 2);
  }
  CHECK(made == each);

  made.clear();
  check(0, 38, 39);  // its place was taken
  CHECK(made == std::vector<Index>{38});
  CHECK_THROWS_WITH_AS(ring.rows(0, 38, 42), "a ring of 3 rows was asked for rows 38 to 41", Error);

  made.clear();
  check(1, 40, 42);  // another image: nothing of the first is left
  check(1, 5, 7);    // back up
  check(1, 30, 33);  // and past a gap
  check(1, 32, 33);
  CHECK(made == std::vector<Index>{40, 41, 5, 6, 30, 31, 32});
}

TEST_CASE("rows of a ring: some of them, every n-th, and parts of each") {
  std::vector<int> memory(5 * 10);
  for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<int>(i);
  // Rows of ten in five places: the first in the last but one.
  const RingRows<int> rows{memory.data() + 30, 10, 2, 50};
  for (Index i = 0; i < 5; ++i) CHECK(*rows.row(i) == 10 * ((i + 3) % 5));
  for (Index i = 0; i < 4; ++i) CHECK(rows.below(rows.row(i) + 3, i) == rows.row(i + 1) + 3);
  for (Index from = 0; from < 5; ++from)
    for (Index i = 0; from + i < 5; ++i) CHECK(rows.from(from).row(i) == rows.row(from + i));
  for (Index n = 1; n < 5; ++n)
    for (Index i = 0; n * i < 5; ++i) CHECK(rows.every(n).row(i) == rows.row(n * i));
  for (Index i = 0; i < 5; ++i) CHECK(rows.at(4).row(i) == rows.row(i) + 4);
  const RingRows<int> map{memory.data(), 10};  // of a whole map: never back
  for (Index i = 0; i < 5; ++i) {
    CHECK(map.from(i).first == memory.data() + 10 * i);
    CHECK(map.every(i + 1).row(1) == map.row(i + 1));
  }
}
