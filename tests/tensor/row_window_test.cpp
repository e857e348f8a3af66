#include "integrad/tensor/kernels/row_window.h"

#include <doctest/doctest.h>

#include <vector>

using namespace integrad;

TEST_CASE("a window's rows are made once each while it slides, and lie one behind the other") {
  const Index size = 20000;  // so long that four rows are kept beside those asked for
  std::vector<Index> made;
  const auto make = [&](Index image, Index row, float* into) {
    made.push_back(row);
    for (Index i = 0; i < size; ++i) into[i] = static_cast<float>(1000 * image + row);
  };
  kernels::RowWindow<decltype(make)> window(size, 3, make);
  const auto check = [&](Index image, Index begin, Index end) {
    const float* const rows = window.rows(image, begin, end);
    for (Index row = begin; row < end; ++row)
      for (const Index i : {Index{0}, size / 2, size - 1})
        CHECK(rows[(row - begin) * size + i] == static_cast<float>(1000 * image + row));
  };
  std::vector<Index> each;
  for (Index row = 0; row < 40; ++row) {
    check(0, row, row + 3);
    each.push_back(row);
  }
  each.push_back(40);
  each.push_back(41);
  CHECK(made == each);

  made.clear();
  check(1, 40, 42);  // another image: nothing of the first is left
  check(1, 5, 7);    // back up
  check(1, 30, 33);  // and past a gap
  check(1, 32, 33);
  CHECK(made == std::vector<Index>{40, 41, 5, 6, 30, 31, 32});
}

TEST_CASE("a ring's rows are made once each and never move, in groups that lie together") {
  const Index size = 7;
  std::vector<Index> made;
  const auto make = [&](Index image, Index row, int* into) {
    made.push_back(row);
    for (Index i = 0; i < size; ++i) into[i] = static_cast<int>(1000 * image + row);
  };
  kernels::RowRing<decltype(make), int> ring(size, 3, 2, make);
  const auto check = [&](Index image, Index begin, Index end) {
    const int* const rows = ring.rows(image, begin, end);
    for (Index row = begin; row < end; ++row)
      for (Index i = 0; i < size; ++i)
        CHECK(rows[(row - begin) * size + i] == static_cast<int>(1000 * image + row));
    return rows;
  };
  std::vector<Index> each;
  for (Index row = 0; row < 40; row += 2) {
    const int* const pair = check(0, row, row + 2);
    CHECK(check(0, row + 2, row + 3) != pair);
    CHECK(check(0, row, row + 1) == pair);  // three rows are kept
    each.push_back(row);
    each.push_back(row + 1);
  }
  each.push_back(40);
  CHECK(made == each);

  made.clear();
  check(1, 40, 42);  // another image
  check(1, 5, 6);    // back up
  check(1, 6, 8);
  check(1, 30, 31);  // past a gap
  CHECK(made == std::vector<Index>{40, 41, 5, 6, 7, 30});
}
