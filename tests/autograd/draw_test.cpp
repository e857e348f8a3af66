#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "integrad/autograd/cases.h"

using namespace integrad;

TEST_CASE("draws keep clear of kinks and visit every piece") {
  const Tensor<double> x = draw::away_from({400}, 1, {0, 6});
  int pieces[3] = {0, 0, 0};
  for (double v : x) {
    CHECK(std::fabs(v) >= 1.0 / 16);
    CHECK(std::fabs(v - 6) >= 1.0 / 16);
    ++pieces[v < 0 ? 0 : v < 6 ? 1 : 2];
  }
  for (int count : pieces) CHECK(count > 20);
}

TEST_CASE("distinct draws differ by at least 1/16 and are not sorted") {
  Tensor<double> x = draw::distinct({2, 5, 5, 3}, 2);
  CHECK_FALSE(std::ranges::is_sorted(x));
  std::ranges::sort(x);
  for (Index i = 1; i < x.size(); ++i) CHECK(x[i] - x[i - 1] >= 1.0 / 16);
}

TEST_CASE("streams differ, and the same stream gives the same draw") {
  const Tensor<double> a = draw::normal({50}, 3), b = draw::normal({50}, 3),
                       c = draw::normal({50}, 4);
  CHECK(std::ranges::equal(a, b));
  CHECK_FALSE(std::ranges::equal(a, c));
  for (double v : draw::uniform({50}, 5, 2, 3)) {
    CHECK(v >= 2);
    CHECK(v < 3);
  }
}
