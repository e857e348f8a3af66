#include "integrad/autograd/gradcheck.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "integrad/tensor/parallel.h"

using namespace integrad;

namespace {

// y = x^2 with a derivative of the test's choosing; x [n].
template <class Derivative>
OperatorCase::Function<double> square(Derivative derivative) {
  return [=](Tape<double>& tape, std::span<const Var> inputs) {
    const Var x = inputs[0];
    Tensor<double> y = tape.value(x);
    for (double& v : y) v *= v;
    return tape.record("square", std::move(y), {x}, [=](Tape<double>& t, const Tensor<double>& dy) {
      Tensor<double> dx = derivative(t.value(x), dy);
      t.accumulate(x, std::move(dx));
    });
  };
}

}  // namespace

TEST_CASE("every operator's gradients agree with difference quotients") {
  for (const OperatorCase& row : operator_cases()) {
    CAPTURE(row.operation);
    CAPTURE(row.name);
    const GradcheckReport report = gradcheck(row.in_double, row.inputs);
    CAPTURE(report.worst);
    CAPTURE(report.input);
    CAPTURE(report.position);
    CAPTURE(report.analytic);
    CAPTURE(report.numeric);
    CHECK(report.entries > 0);
    CHECK(report.passed());
  }
}

TEST_CASE("gradcheck passes a right gradient, counts its entries and restores the threads") {
  const auto right = square([](const Tensor<double>& x, const Tensor<double>& dy) {
    Tensor<double> dx = dy;
    for (Index i = 0; i < dx.size(); ++i) dx[i] *= 2 * x[i];
    return dx;
  });
  const int before = threads();
  set_threads(3);
  const GradcheckReport report = gradcheck(right, {draw::normal({700}, 1)});
  CHECK(report.entries == 500);
  CHECK(report.worst < 1e-9);
  CHECK(report.passed());
  CHECK(threads() == 3);
  set_threads(before);
}

TEST_CASE("gradcheck finds the one wrong entry") {
  const auto wrong = square([](const Tensor<double>& x, const Tensor<double>& dy) {
    Tensor<double> dx = dy;
    for (Index i = 0; i < dx.size(); ++i) dx[i] *= (i == 7 ? 2.0001 : 2.0) * x[i];
    return dx;
  });
  const GradcheckReport report = gradcheck(wrong, {draw::away_from({20}, 2, {0})});
  CHECK_FALSE(report.passed());
  CHECK(report.input == 0);
  CHECK(report.position == 7);
  CHECK(report.worst == doctest::Approx(5e-5).epsilon(0.01));
  CHECK(report.analytic == doctest::Approx(1.00005 * report.numeric).epsilon(1e-9));
}

TEST_CASE("gradcheck finds gradients that an all-ones cotangent would hide") {
  // The gradient of y = x reversed: with all-ones cotangents it looks right.
  const OperatorCase::Function<double> misplaced = [](Tape<double>& tape, std::span<const Var> in) {
    const Var x = in[0];
    return tape.record("identity", Tensor<double>(tape.value(x)), {x},
                       [=](Tape<double>& t, const Tensor<double>& dy) {
                         Tensor<double> dx = dy;
                         std::reverse(dx.begin(), dx.end());
                         t.accumulate(x, std::move(dx));
                       });
  };
  CHECK_FALSE(gradcheck(misplaced, {draw::normal({6}, 3)}).passed());
}

TEST_CASE("gradcheck wants zero for an input without influence") {
  const auto second_gets = [](double claimed) {
    return [=](Tape<double>& tape, std::span<const Var> in) {
      const Var x = in[0], unused = in[1];
      return tape.record("first", Tensor<double>(tape.value(x)), {x, unused},
                         [=](Tape<double>& t, const Tensor<double>& dy) {
                           t.accumulate(x, dy);
                           t.accumulate(unused, Tensor<double>(t.shape(unused), claimed));
                         });
    };
  };
  const std::vector<Tensor<double>> inputs{draw::normal({4}, 4), draw::normal({3}, 5)};
  CHECK(gradcheck(second_gets(0.0), inputs).passed());
  const GradcheckReport report = gradcheck(second_gets(1e-3), inputs);
  CHECK_FALSE(report.passed());
  CHECK(report.input == 1);
  CHECK(report.numeric == 0);
}

TEST_CASE(
    "gradcheck refuses NaN, gradients of another shape, and ones that depend on who is a leaf") {
  const auto nan = square([](const Tensor<double>& x, const Tensor<double>&) {
    return Tensor<double>(x.shape(), std::nan(""));
  });
  CHECK_FALSE(gradcheck(nan, {draw::normal({4}, 6)}).passed());
  const auto longer = square([](const Tensor<double>& x, const Tensor<double>&) {
    return Tensor<double>(Shape{x.size() + 1});
  });
  CHECK_THROWS_AS(gradcheck(longer, {draw::normal({4}, 6)}), Error);

  const OperatorCase::Function<double> forgetful = [](Tape<double>& tape, std::span<const Var> in) {
    const Var a = in[0], b = in[1];
    Tensor<double> y = tape.value(a);
    for (Index i = 0; i < y.size(); ++i) y[i] += tape.value(b)[i];
    return tape.record("sum", std::move(y), {a, b}, [=](Tape<double>& t, const Tensor<double>& dy) {
      if (!t.needs_gradient(a)) return;  // and b is forgotten
      t.accumulate(a, dy);
      t.accumulate(b, dy);
    });
  };
  CHECK_THROWS_WITH_AS(
      gradcheck(forgetful, {draw::normal({4}, 7), draw::normal({4}, 8)}),
      "gradcheck: the gradient of input 1 changes when the other inputs are constants", Error);
}

TEST_CASE("the summary covers every row of the table once") {
  // Few entries: the test at the top of this file checks all of them.
  const std::vector<OperatorSummary> summaries = gradcheck_operators(7, 10);
  int rows = 0;
  for (const OperatorSummary& summary : summaries) {
    CAPTURE(summary.operation);
    CAPTURE(summary.worst_row);
    CHECK(summary.passed);
    CHECK(summary.entries > 0);
    CHECK(summary.worst <= kGradcheckTolerance);
    rows += summary.rows;
  }
  CHECK(rows == static_cast<int>(operator_cases().size()));
}
