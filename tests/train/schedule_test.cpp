#include "integrad/train/schedule.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "integrad/tensor/error.h"

using namespace integrad;

TEST_CASE("constant and stepped rates") {
  CHECK(learning_rate({0.5, ConstantRate{}}, 123.4) == 0.5);
  const Schedule stepped{1.0, StepRate{.every = 10, .factor = 0.5}};
  CHECK(learning_rate(stepped, 9.99) == 1);
  CHECK(learning_rate(stepped, 10) == 0.5);
  CHECK(learning_rate(stepped, 35) == 0.125);
}

TEST_CASE("a cosine falls from the base rate to its minimum and stays there") {
  const Schedule schedule{2.0, CosineRate{.epochs = 10, .minimum = 0.1}};
  CHECK(learning_rate(schedule, 0) == 2);
  CHECK(learning_rate(schedule, 5) == doctest::Approx(2 * 0.55));
  CHECK(learning_rate(schedule, 2.5) == doctest::Approx(2 * (0.1 + 0.45 * (1 + std::sqrt(0.5)))));
  CHECK(learning_rate(schedule, 10) == doctest::Approx(0.2));
  CHECK(learning_rate(schedule, 1000) == doctest::Approx(0.2));
}

TEST_CASE("warm restarts begin anew, in equal or growing periods") {
  const Schedule equal{1.0, CosineRestartsRate{.period = 20}};
  CHECK(learning_rate(equal, 10) == doctest::Approx(0.5));
  CHECK(learning_rate(equal, 19.999) < 1e-6);
  CHECK(learning_rate(equal, 20) == 1);
  CHECK(learning_rate(equal, 3990) == doctest::Approx(0.5));
  const Schedule growing{1.0, CosineRestartsRate{.period = 10, .growth = 2}};
  CHECK(learning_rate(growing, 10) == 1);
  CHECK(learning_rate(growing, 20) == doctest::Approx(0.5));
  CHECK(learning_rate(growing, 30) == 1);
  CHECK(learning_rate(growing, 50) == doctest::Approx(0.5));
}

TEST_CASE("warm-up rises in a straight line under any shape") {
  const Schedule schedule{1.0, CosineRate{.epochs = 10}, 4};
  CHECK(learning_rate(schedule, 0) == 0);
  CHECK(learning_rate(schedule, 2) ==
        doctest::Approx(0.5 * learning_rate({1.0, CosineRate{10}}, 2)));
  CHECK(learning_rate(schedule, 4) == learning_rate({1.0, CosineRate{10}}, 4));
}

TEST_CASE("schedules that make no sense are refused") {
  CHECK_THROWS_AS(learning_rate({1.0, ConstantRate{}}, -1), Error);
  CHECK_THROWS_AS(check({-1.0, ConstantRate{}}), Error);
  CHECK_THROWS_AS(check({1.0, StepRate{.every = 0}}), Error);
  CHECK_THROWS_AS(check({1.0, CosineRate{.epochs = std::numeric_limits<double>::infinity()}}),
                  Error);
  CHECK_THROWS_AS(check({1.0, CosineRestartsRate{.growth = 0.5}}), Error);
}
