// The elementary functions against the machine's long double ones, which carry 11 bits more.
#include "integrad/tensor/elementary.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "integrad/tensor/random.h"

using namespace integrad;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The error in units of the last place of a double of the reference's size.
double ulps(double got, long double reference) {
  const double rounded = static_cast<double>(reference);
  if (got == rounded) return 0;
  const double magnitude = std::max(std::fabs(rounded), std::numeric_limits<double>::min());
  const double unit = std::ldexp(1.0, std::ilogb(magnitude) - 52);
  return static_cast<double>(std::fabs(static_cast<long double>(got) - reference) /
                             static_cast<long double>(unit));
}

// The largest error over `count` arguments: argument(i) draws the i-th.
template <class Argument, class Function, class Reference>
double worst(int count, Argument argument, Function function, Reference reference) {
  double largest = 0;
  for (int i = 0; i < count; ++i) {
    const double x = argument(static_cast<std::uint64_t>(i));
    const double error = ulps(function(x), reference(static_cast<long double>(x)));
    // A NaN must not pass for a small error.
    largest = error <= largest ? largest : error;
    if (std::isnan(error)) return error;
  }
  return largest;
}

// Non-decreasing in steps of 64 neighbouring doubles around x, which is more than any error.
template <class Function>
bool rises_around(double x, Function function) {
  const double step = 64 * (std::nextafter(std::fabs(x), kInfinity) - std::fabs(x));
  for (int i = -50; i < 50; ++i)
    if (function(x + i * step) > function(x + (i + 1) * step)) return false;
  return true;
}

constexpr int kDraws = 20000;
const Random kRandom(2024, 1);

auto between(double low, double high) {
  return [=](std::uint64_t i) { return kRandom.uniform(i, low, high); };
}
// Either sign, sizes evenly spread over the powers of two from 2^low to 2^high.
auto of_size(double low, double high) {
  return [=](std::uint64_t i) {
    return (i % 2 == 0 ? 1 : -1) * std::exp2(kRandom.uniform(i, low, high));
  };
}

double exp_of(double x) {
  return elementary::exp(x);
}
double log_of(double x) {
  return elementary::log(x);
}
double log1p_of(double x) {
  return elementary::log1p(x);
}
double sigmoid_of(double x) {
  return elementary::sigmoid(x);
}

}  // namespace

TEST_CASE("exp, log, log1p and sigmoid err by less than three units in the last place") {
  const auto exp_l = [](long double x) { return std::exp(x); };
  CHECK(worst(kDraws, between(-708, 709.7), exp_of, exp_l) < 3);
  CHECK(worst(kDraws, between(-2, 2), exp_of, exp_l) < 3);
  CHECK(worst(kDraws, of_size(-60, 0), exp_of, exp_l) < 3);
  CHECK(worst(kDraws, between(-745, -708), exp_of, exp_l) < 3);  // subnormal results

  const auto log_l = [](long double x) { return std::log(x); };
  CHECK(worst(kDraws, between(0.5, 2), log_of, log_l) < 3);
  CHECK(worst(kDraws, between(0.999, 1.001), log_of, log_l) < 3);
  const auto positive = [](std::uint64_t i) {
    return std::exp2(kRandom.uniform(i, -1074, 1023.99));
  };
  CHECK(worst(kDraws, positive, log_of, log_l) < 3);

  const auto log1p_l = [](long double x) { return std::log1p(x); };
  CHECK(worst(kDraws, between(-0.99, 3), log1p_of, log1p_l) < 3);
  CHECK(worst(kDraws, of_size(-80, -1), log1p_of, log1p_l) < 3);

  const auto sigmoid_l = [](long double x) { return 1 / (1 + std::exp(-x)); };
  CHECK(worst(kDraws, between(-40, 40), sigmoid_of, sigmoid_l) < 3);
  CHECK(worst(kDraws, between(-708, -40), sigmoid_of, sigmoid_l) < 3);
}

TEST_CASE("sin and cos err by less than three units, near the multiples of pi/2 absolutely") {
  const auto sin_of = [](double x) { return elementary::sin(x); };
  const auto cos_of = [](double x) { return elementary::cos(x); };
  const auto sin_l = [](long double x) { return std::sin(x); };
  const auto cos_l = [](long double x) { return std::cos(x); };
  for (double limit : {0.8, 7.0, 1000.0, 1e6}) {
    CHECK(worst(kDraws, between(-limit, limit), sin_of, sin_l) < 3);
    CHECK(worst(kDraws, between(-limit, limit), cos_of, cos_l) < 3);
  }
  CHECK(worst(kDraws, of_size(-60, 0), sin_of, sin_l) < 3);
  double largest = 0;
  for (int k = 1; k < 636619; k += 7) {
    const double x = k * (std::numbers::pi / 2);
    const auto error = [&](double got, long double reference) {
      largest = std::max(largest,
                         static_cast<double>(std::fabs(static_cast<long double>(got) - reference)));
    };
    error(
        k % 2 == 0 ? elementary::sin(x) : elementary::cos(x),
        k % 2 == 0 ? std::sin(static_cast<long double>(x)) : std::cos(static_cast<long double>(x)));
  }
  CHECK(largest < 0x1p-85);
}

TEST_CASE("pow and power") {
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const double x = kRandom.uniform(2 * i, 0.01, 20), y = kRandom.uniform(2 * i + 1, -30, 30);
    const long double reference =
        std::pow(static_cast<long double>(x), static_cast<long double>(y));
    const double bound = 1e-15 * (1 + std::fabs(y * std::log(x)));
    CHECK(std::fabs(static_cast<double>(elementary::pow(x, y) / reference - 1)) < bound);
  }
  CHECK(elementary::power(3, 0) == 1);
  CHECK(elementary::power(3, 5) == 243);
  CHECK(elementary::power(-2, 63) == -0x1p63);
  CHECK(elementary::power(0, 0) == 1);
  CHECK(elementary::power(0.5, 1074) == 0x1p-1074);
}

TEST_CASE("special values") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(elementary::exp(0.0) == 1);
  CHECK(elementary::exp(-kInfinity) == 0);
  CHECK(elementary::exp(kInfinity) == kInfinity);
  CHECK(elementary::exp(709.8) == kInfinity);
  CHECK(elementary::exp(-746.0) == 0);
  CHECK(std::isnan(elementary::exp(nan)));
  CHECK(elementary::log(1.0) == 0);
  CHECK(elementary::log(0.0) == -kInfinity);
  CHECK(elementary::log(-0.0) == -kInfinity);
  CHECK(elementary::log(kInfinity) == kInfinity);
  CHECK(std::isnan(elementary::log(-1.0)));
  CHECK(std::isnan(elementary::log(-kInfinity)));
  CHECK(std::isnan(elementary::log(nan)));
  CHECK(elementary::log1p(0.0) == 0);
  CHECK(std::signbit(elementary::log1p(-0.0)));
  CHECK(elementary::log1p(-1.0) == -kInfinity);
  CHECK(elementary::log1p(kInfinity) == kInfinity);
  CHECK(std::isnan(elementary::log1p(-1.5)));
  CHECK(std::isnan(elementary::log1p(nan)));
  CHECK(elementary::sigmoid(0.0) == 0.5);
  CHECK(elementary::sigmoid(kInfinity) == 1);
  CHECK(elementary::sigmoid(-kInfinity) == 0);
  CHECK(elementary::sigmoid(1e300) == 1);
  CHECK(std::isnan(elementary::sigmoid(nan)));
  CHECK(elementary::sin(0.0) == 0);
  CHECK(elementary::cos(0.0) == 1);
}

TEST_CASE("no step backwards where a formula hands over to the next") {
  for (int k = -20; k <= 20; ++k) {
    CHECK(rises_around((k + 0.5) * std::numbers::ln2, exp_of));
    CHECK(rises_around(std::ldexp(std::numbers::sqrt2, k), log_of));
    CHECK(rises_around(std::ldexp(1.0, k), log_of));
  }
  for (double x : {709.78271289338, 709.79, -708.396, -745.13, -745.2})
    CHECK(rises_around(x, exp_of));
  CHECK(rises_around(0x1p-1022, log_of));
  for (double x : {1e-16, 0x1p-53, 0x1p-52, std::numbers::sqrt2 - 1})
    CHECK(rises_around(x, log1p_of));
  for (double x : {-1e-3, 1e-3, 36.7, -36.7, -708.0}) CHECK(rises_around(x, sigmoid_of));
}

TEST_CASE("the float versions round the double result once") {
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const float x = static_cast<float>(kRandom.uniform(i, -30, 30));
    const double wide = static_cast<double>(x);
    CHECK(elementary::exp(x) == static_cast<float>(elementary::exp(wide)));
    CHECK(elementary::sigmoid(x) == static_cast<float>(elementary::sigmoid(wide)));
    CHECK(elementary::log(std::fabs(x)) == static_cast<float>(elementary::log(std::fabs(wide))));
    CHECK(elementary::log1p(std::fabs(x)) ==
          static_cast<float>(elementary::log1p(std::fabs(wide))));
  }
}
