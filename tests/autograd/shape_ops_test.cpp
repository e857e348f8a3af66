#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "integrad/autograd/cases.h"
#include "integrad/autograd/ops/concat.h"
#include "integrad/autograd/ops/slice.h"

using namespace integrad;

namespace {

Tensor<float> counting(Shape shape, float first = 0) {
  Tensor<float> t = Tensor<float>::uninitialized(shape);
  std::iota(t.begin(), t.end(), first);
  return t;
}

bool holds(const Tensor<float>& t, std::initializer_list<float> values) {
  return std::ranges::equal(t, values);
}

}  // namespace

TEST_CASE("concat joins along any axis") {
  Tape<float> tape;
  const Var a = tape.constant(counting({1, 1, 2, 2})),
            b = tape.constant(counting({1, 1, 2, 1}, 10));
  const Var y = concat(tape, {a, b});
  CHECK(tape.shape(y) == Shape{1, 1, 2, 3});
  CHECK(holds(tape.value(y), {0, 1, 10, 2, 3, 11}));
  CHECK(holds(tape.value(concat(tape, {a, a}, 0)), {0, 1, 2, 3, 0, 1, 2, 3}));
  CHECK(tape.shape(concat(tape, {a, a}, -4)) == Shape{2, 1, 2, 2});

  CHECK_THROWS_WITH_AS(
      concat(tape, {a, b}, 2),
      "concat along axis 2 needs shapes that agree elsewhere; got [1,1,2,2] and [1,1,2,1]", Error);
  CHECK_THROWS_WITH_AS(concat(tape, {a}, 4), "concat: axis 4 is not one of [1,1,2,2]", Error);
  CHECK_THROWS_WITH_AS(concat(tape, {}), "concat needs at least one tensor", Error);
}

TEST_CASE("pad surrounds a map with a value") {
  Tape<float> tape;
  const Var x = tape.constant(counting({1, 1, 2, 1}, 1));
  const Var y = pad(tape, x, Padding::fixed(1, 0, 0, 2), 9.0f);
  CHECK(tape.shape(y) == Shape{1, 2, 4, 1});
  CHECK(holds(tape.value(y), {9, 9, 9, 9, 1, 2, 9, 9}));
  CHECK_THROWS_WITH_AS(pad(tape, x, Padding::fixed(0, -1, 0, 0)),
                       "pad needs fixed sides of at least 0; got top 0, bottom -1, left 0, right 0",
                       Error);
  CHECK_THROWS_AS(pad(tape, x, Padding::same()), Error);
  CHECK_THROWS_AS(pad(tape, tape.constant(counting({4})), Padding::fixed(1)), Error);
}

TEST_CASE("slice takes a box and refuses one that sticks out") {
  Tape<float> tape;
  const Var x = tape.constant(counting({2, 3, 4}));
  CHECK(holds(tape.value(slice(tape, x, {1, 1, 2}, {1, 2, 2})), {18, 19, 22, 23}));
  CHECK(tape.value(slice(tape, x, {2, 0, 0}, {0, 3, 4})).empty());
  CHECK_THROWS_WITH_AS(slice(tape, x, {0, 2, 0}, {2, 2, 4}),
                       "slice must lie inside [2,3,4]; axis 1 begins at 2 with size 2", Error);
  CHECK_THROWS_AS(slice(tape, x, {-1, 0, 0}, {1, 1, 1}), Error);
  CHECK_THROWS_AS(slice(tape, x, {0, 0}, {1, 1}), Error);
}

TEST_CASE("slices of a concat are its parts, with several runs of memory per thread") {
  const Tensor<double> first = draw::normal({2, 60, 50, 3}, 810),
                       second = draw::normal({2, 60, 50, 5}, 811);
  Tape<double> tape;
  const Var a = tape.constant(first), b = tape.constant(second);
  const Var joined = concat(tape, {a, b});
  CHECK(std::ranges::equal(tape.value(slice(tape, joined, {0, 0, 0, 0}, first.shape())), first));
  CHECK(std::ranges::equal(tape.value(slice(tape, joined, {0, 0, 0, 3}, second.shape())), second));
  const Var padded = pad(tape, a, Padding::fixed(2, 1, 4, 3), -1.0);
  CHECK(std::ranges::equal(tape.value(slice(tape, padded, {0, 2, 4, 0}, first.shape())), first));
}

TEST_CASE("reshape keeps the order and the count") {
  Tape<float> tape;
  const Var x = tape.constant(counting({2, 3}));
  const Var y = reshape(tape, x, Shape{1, 6});
  CHECK(holds(tape.value(y), {0, 1, 2, 3, 4, 5}));
  CHECK_THROWS_WITH_AS(reshape(tape, x, Shape{5}), "cannot reshape [2,3] to [5]", Error);
}
