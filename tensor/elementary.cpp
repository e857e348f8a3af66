#include "integrad/tensor/elementary.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "integrad/tensor/kernels/simd/unroll.h"

namespace integrad::elementary {

namespace {

using Doubles = double;
using Bits = std::uint64_t;
#include "integrad/tensor/kernels/simd/exponential.h"

// pi/2 in parts: the leading ones have trailing zeros, so that multiples are exact.
constexpr double kHalfPi1 = 0x1.921fb50000000p0, kHalfPi2 = 0x1.110b460000000p-26,
                 kHalfPi3 = 0x1.1a62633145c07p-54;
constexpr double kTwoOverPi = 0x1.45f306dc9c883p-1;

struct Reduced {
  double rest;  // in [-pi/4, pi/4]
  int quarter;  // quarter turns taken off, modulo 4
};

Reduced reduce_angle(double x) {
  const double turns = (x * kTwoOverPi + kRounder) - kRounder;
  const double rest = ((x - turns * kHalfPi1) - turns * kHalfPi2) - turns * kHalfPi3;
  return {rest, static_cast<int>(static_cast<std::int64_t>(turns) & 3)};
}

double sin_small(double r) {  // Taylor series to r^17; the next term is below 1e-19
  static constexpr double c[] = {
      1.0 / 355687428096000, -1.0 / 1307674368000, 1.0 / 6227020800, -1.0 / 39916800,
      1.0 / 362880,          -1.0 / 5040,          1.0 / 120,        -1.0 / 6};
  const double z = r * r;
  return r + r * (z * polynomial(z, c));
}

double cos_small(double r) {  // to r^18
  static constexpr double c[] = {
      -1.0 / 6402373705728000, 1.0 / 20922789888000, -1.0 / 87178291200, 1.0 / 479001600,
      -1.0 / 3628800,          1.0 / 40320,          -1.0 / 720,         1.0 / 24};
  const double z = r * r;
  return 1.0 - (0.5 * z - z * z * polynomial(z, c));
}

}  // namespace

double exp(double x) {
  return exponential(x);
}

double log(double x) {
  if (std::isnan(x) || x < 0) return std::numeric_limits<double>::quiet_NaN();
  if (x == 0) return -std::numeric_limits<double>::infinity();
  if (std::isinf(x)) return x;
  return x < 0x1p-1022 ? logarithm(x * 0x1p54, -54.0) : logarithm(x);
}

double log1p(double x) {
  const double u = 1.0 + x;
  if (std::isinf(u) || !(u > 0)) return log(u);
  return logarithm_of_one_plus(x);
}

double sin(double x) {
  const Reduced angle = reduce_angle(x);
  const double value = (angle.quarter & 1) != 0 ? cos_small(angle.rest) : sin_small(angle.rest);
  return (angle.quarter & 2) != 0 ? -value : value;
}

double cos(double x) {
  const Reduced angle = reduce_angle(x);
  const double value = (angle.quarter & 1) != 0 ? sin_small(angle.rest) : cos_small(angle.rest);
  return angle.quarter == 1 || angle.quarter == 2 ? -value : value;
}

double pow(double x, double y) {
  return exp(y * log(x));
}

double power(double x, unsigned long long n) {
  double result = 1.0;
  for (; n != 0; n >>= 1, x *= x)
    if ((n & 1) != 0) result *= x;
  return result;
}

double sigmoid(double x) {
  const double e = exp(-std::fabs(x));
  return (x >= 0 ? 1.0 : e) / (1.0 + e);
}

float exp(float x) {
  return static_cast<float>(exp(static_cast<double>(x)));
}
float log(float x) {
  return static_cast<float>(log(static_cast<double>(x)));
}
float log1p(float x) {
  return static_cast<float>(log1p(static_cast<double>(x)));
}
float sigmoid(float x) {
  return static_cast<float>(sigmoid(static_cast<double>(x)));
}

}  // namespace integrad::elementary
