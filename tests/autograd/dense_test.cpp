#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "integrad/autograd/cases.h"
#include "integrad/autograd/ops/fully_connected.h"
#include "integrad/autograd/ops/reduce.h"
#include "integrad/autograd/ops/softmax.h"
#include "integrad/tensor/parallel.h"

using namespace integrad;

TEST_CASE("fully connected is a matrix product") {
  const Tensor<double> x = draw::normal({9, 13}, 820), w = draw::normal({6, 13}, 821),
                       b = draw::normal({6}, 822);
  Tape<double> tape;
  const Var y = fully_connected(tape, tape.constant(x), tape.constant(w), tape.constant(b));
  REQUIRE(tape.shape(y) == Shape{9, 6});
  for (Index n = 0; n < 9; ++n)
    for (Index o = 0; o < 6; ++o) {
      double expected = b[o];
      for (Index k = 0; k < 13; ++k) expected += x[n * 13 + k] * w[o * 13 + k];
      CHECK(tape.value(y)[n * 6 + o] == doctest::Approx(expected).epsilon(1e-13));
    }

  const Var wide = tape.constant(Tensor<double>(Shape{6, 14}));
  CHECK_THROWS_WITH_AS(
      fully_connected(tape, tape.constant(x), wide, Var{}),
      "fully connected needs an input [n,k] and weights [out,k]; got [9,13] and [6,14]", Error);
  CHECK_THROWS_WITH_AS(fully_connected(tape, tape.constant(x), tape.constant(w), tape.constant(x)),
                       "fully connected needs a bias of shape [6]; got [9,13]", Error);
}

TEST_CASE("softmax rows sum to one and survive huge inputs") {
  Tape<double> tape;
  const Var x = tape.constant(Tensor<double>(
      Shape{3, 3}, {0, std::log(2.0), std::log(5.0), 1e4, 1e4, -1e4, -1e5, 0, 1e-9}));
  const Tensor<double>& y = tape.value(softmax(tape, x));
  const double expected[] = {1.0 / 8, 2.0 / 8, 5.0 / 8, 0.5, 0.5, 0, 0, 0.5, 0.5};
  for (Index i = 0; i < 9; ++i) CHECK(y[i] == doctest::Approx(expected[i]).epsilon(1e-9));
  CHECK_THROWS_WITH_AS(softmax(tape, tape.constant(Tensor<double>(Shape{}, {1.0}))),
                       "softmax needs a last axis; got shape []", Error);
}

TEST_CASE("sum and mean keep the axes they reduce") {
  Tape<double> tape;
  const Var x =
      tape.constant(Tensor<double>(Shape{2, 3, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  const Var columns = sum(tape, x, {1});
  CHECK(tape.shape(columns) == Shape{2, 1, 2});
  CHECK(std::ranges::equal(tape.value(columns), std::initializer_list<double>{6, 9, 24, 27}));
  const Var ends = mean(tape, x, {2, 0});
  CHECK(tape.shape(ends) == Shape{1, 3, 1});
  CHECK(std::ranges::equal(tape.value(ends), std::initializer_list<double>{3.5, 5.5, 7.5}));
  CHECK(tape.shape(mean(tape, x)) == Shape{1});
  CHECK(tape.value(mean(tape, x))[0] == 5.5);
  CHECK(tape.value(sum(tape, x))[0] == 66);

  CHECK_THROWS_WITH_AS(sum(tape, x, {3}), "sum: axis 3 is not one of [2,3,2]", Error);
  CHECK_THROWS_WITH_AS(mean(tape, x, {1, 1}), "mean: axis 1 is named twice", Error);
  const Var none = tape.constant(Tensor<double>(Shape{0, 4}));
  CHECK_THROWS_WITH_AS(mean(tape, none), "mean needs at least one element; got [0,4]", Error);
  CHECK(tape.value(sum(tape, none))[0] == 0);
  CHECK(tape.value(sum(tape, none, {0})).size() == 4);
}

TEST_CASE("large reductions are summed in double, with the same bits for any threads") {
  // In float the sum of 90,000 values near 1000 would be off by more than 1e-5.
  const Shape shape{2, 300, 150, 3};
  const Tensor<float> x = draw::uniform(shape, 830, 999, 1001).cast<float>();
  double exact[2][3] = {};
  for (Index i = 0; i < x.size(); ++i)
    exact[i / (x.size() / 2)][i % 3] += static_cast<double>(x[i]);
  const int before = threads();
  Tensor<float> first_pooled, first_all;
  for (int count : {1, 2, 3, 5}) {
    set_threads(count);
    Tape<float> tape;
    const Var leaf = tape.leaf(x);
    const Tensor<float> pooled = tape.value(mean(tape, leaf, {1, 2}));
    const Tensor<float> all = tape.value(mean(tape, leaf));
    for (Index i = 0; i < 6; ++i)
      CHECK(static_cast<double>(pooled[i]) ==
            doctest::Approx(exact[i / 3][i % 3] / 45000).epsilon(1e-7));
    if (count == 1) {
      first_pooled = pooled;
      first_all = all;
    }
    CHECK(std::ranges::equal(pooled, first_pooled));
    CHECK(std::ranges::equal(all, first_all));
  }
  set_threads(before);
}
