#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "integrad/autograd/cases.h"
#include "integrad/autograd/ops/activations.h"
#include "integrad/autograd/ops/arithmetic.h"
#include "integrad/tensor/parallel.h"

using namespace integrad;

namespace {

template <class F>
Tensor<double> applied(const Tensor<double>& x, F f) {
  Tape<double> tape;
  return tape.value(f(tape, tape.constant(x)));
}

void check_values(const Tensor<double>& actual, std::initializer_list<double> expected) {
  REQUIRE(actual.size() == static_cast<Index>(expected.size()));
  Index i = 0;
  for (double value : expected) {
    CAPTURE(i);
    CHECK(actual[i++] == doctest::Approx(value).epsilon(1e-15));
  }
}

}  // namespace

TEST_CASE("activations at and around their kinks") {
  const Tensor<double> x(Shape{7}, {-4, -3, -1, 0, 1, 3, 7});
  check_values(applied(x, [](auto& t, Var v) { return relu(t, v); }), {0, 0, 0, 0, 1, 3, 7});
  check_values(applied(x, [](auto& t, Var v) { return relu6(t, v); }), {0, 0, 0, 0, 1, 3, 6});
  check_values(applied(x, [](auto& t, Var v) { return hard_sigmoid(t, v); }),
               {0, 0, 2.0 / 6, 0.5, 4.0 / 6, 1, 1});
  check_values(applied(x, [](auto& t, Var v) { return hard_swish(t, v); }),
               {0, 0, -2.0 / 6, 0, 4.0 / 6, 3, 7});
  const Tensor<double> s = applied(x, [](auto& t, Var v) { return sigmoid(t, v); });
  CHECK(s[3] == 0.5);
  CHECK(s[4] + s[2] == doctest::Approx(1).epsilon(1e-15));
  CHECK(s[4] == doctest::Approx(0.7310585786300049).epsilon(1e-15));
}

TEST_CASE("activations pass NaN on instead of hiding it") {
  const Tensor<double> x(Shape{1}, {std::nan("")});
  CHECK(std::isnan(applied(x, [](auto& t, Var v) { return relu(t, v); })[0]));
  CHECK(std::isnan(applied(x, [](auto& t, Var v) { return relu6(t, v); })[0]));
  CHECK(std::isnan(applied(x, [](auto& t, Var v) { return hard_swish(t, v); })[0]));
}

TEST_CASE("arithmetic repeats the smaller operand") {
  Tape<double> tape;
  const Var x = tape.constant(Tensor<double>(Shape{2, 1, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}));
  const auto constant = [&](Shape shape, std::initializer_list<double> values) {
    return tape.constant(Tensor<double>(shape, values));
  };
  check_values(tape.value(add(tape, x, constant({2}, {10, 20}))), {11, 22, 13, 24, 15, 26, 17, 28});
  check_values(tape.value(mul(tape, x, constant({2, 1, 1, 2}, {1, 2, 3, 4}))),
               {1, 4, 3, 8, 15, 24, 21, 32});
  check_values(tape.value(sub(tape, x, constant({1}, {1}))), {0, 1, 2, 3, 4, 5, 6, 7});
  check_values(tape.value(sub(tape, constant({1, 1, 1, 2}, {1, 2}), x)),
               {0, 0, -2, -2, -4, -4, -6, -6});
  CHECK(tape.shape(sub(tape, constant({1}, {1}), x)) == Shape{2, 1, 2, 2});
}

TEST_CASE("arithmetic refuses shapes that do not fit") {
  Tape<float> tape;
  const Var x = tape.leaf(Tensor<float>(Shape{2, 3, 3, 4}));
  const auto leaf = [&](Shape shape) { return tape.leaf(Tensor<float>(shape)); };
  CHECK_THROWS_WITH_AS(add(tape, x, leaf({3})),
                       "add needs operands of the same shape, or one of shape [c], [1,1,1,c], "
                       "[n,1,1,c] or with one element; got [2,3,3,4] and [3]",
                       Error);
  CHECK_THROWS_AS(mul(tape, x, leaf({3, 1, 1, 4})), Error);
  CHECK_THROWS_AS(mul(tape, x, leaf({2, 3, 1, 4})), Error);
  CHECK_THROWS_AS(sub(tape, x, leaf({2, 1, 1, 1})), Error);
}

TEST_CASE("a repeated operand's gradient over many points is the exact sum, for any threads") {
  // 70,000 points: several bands. Halves and quarters, so that the sum in double is exact.
  const struct {
    Shape full, part;
  } pairs[] = {{{2, 250, 140, 3}, {3}},
               {{2, 250, 140, 3}, {2, 1, 1, 3}},
               {{2, 250, 140, 3}, {1}},
               {{3, 150, 90, 1}, {3, 1, 1, 1}},
               {{1, 1, 1, 40000}, {1, 1, 1, 40000}}};
  const int before = threads();
  for (const auto& pair : pairs) {
    CAPTURE(pair.full);
    CAPTURE(pair.part);
    const auto quarters = [](Tensor<double> t) {
      for (double& v : t) v = std::round(4 * v) / 4;
      return t;
    };
    const Tensor<double> full = quarters(draw::normal(pair.full, 800)),
                         cotangent = quarters(draw::normal(pair.full, 801));
    Tensor<double> expected(pair.part);
    const Index channels = pair.part.channels(), groups = pair.part.elements() / channels;
    for (Index i = 0; i < full.size(); ++i) {
      const Index group = i / (full.size() / groups);
      expected[group * channels + i % channels] += full[i] * cotangent[i];
    }
    for (int count : {1, 2, 3, 5}) {
      set_threads(count);
      Tape<float> tape;
      const Var x = tape.leaf(full.cast<float>()), part = tape.leaf(Tensor<float>(pair.part, 2));
      tape.backward(mul(tape, x, part), cotangent.cast<float>());
      CHECK(std::ranges::equal(tape.gradient(part), expected.cast<float>()));
      const Tensor<float> dx = tape.gradient(x);
      CHECK(std::ranges::equal(dx, cotangent.cast<float>(),
                               [](float d, float c) { return d == 2 * c; }));
    }
  }
  set_threads(before);
}
