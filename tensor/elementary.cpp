#include "integrad/tensor/elementary.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace integrad::elementary {

namespace {

// ln 2 and pi/2 in parts: the leading ones have trailing zeros, so that multiples are exact.
constexpr double kLn2High = 0x1.62e42fee00000p-1, kLn2Low = 0x1.a39ef35793c76p-33;
constexpr double kLog2E = 0x1.71547652b82fep0;
constexpr double kHalfPi1 = 0x1.921fb50000000p0, kHalfPi2 = 0x1.110b460000000p-26,
                 kHalfPi3 = 0x1.1a62633145c07p-54;
constexpr double kTwoOverPi = 0x1.45f306dc9c883p-1;
// Adding and subtracting 1.5 * 2^52 rounds to the nearest integer.
constexpr double kRounder = 0x1.8p52;

double two_to(int k) {  // -1022 <= k <= 1023
  return std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}

// Coefficients from the highest power down.
template <int N>
double polynomial(double x, const double (&coefficients)[N]) {
  double sum = coefficients[0];
  for (int i = 1; i < N; ++i) sum = sum * x + coefficients[i];
  return sum;
}

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
  if (std::isnan(x)) return x;
  if (x > 709.79) return std::numeric_limits<double>::infinity();
  if (x < -745.2) return 0.0;
  const double k = (x * kLog2E + kRounder) - kRounder;
  const double r = (x - k * kLn2High) - k * kLn2Low;  // |r| <= ln2 / 2
  static constexpr double c[] = {1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800,
                                 1.0 / 362880,     1.0 / 40320,     1.0 / 5040,     1.0 / 720,
                                 1.0 / 120,        1.0 / 24,        1.0 / 6,        0.5};
  const double value = 1.0 + (r + r * r * polynomial(r, c));
  // Two factors, because 2^k alone may lie outside the normal range.
  const int whole = static_cast<int>(k), half = whole / 2;
  return value * two_to(half) * two_to(whole - half);
}

double log(double x) {
  if (std::isnan(x) || x < 0) return std::numeric_limits<double>::quiet_NaN();
  if (x == 0) return -std::numeric_limits<double>::infinity();
  if (std::isinf(x)) return x;
  int exponent = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p54;
    exponent = -54;
  }
  std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<int>(bits >> 52) - 1023;
  double mantissa = std::bit_cast<double>((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000);
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    ++exponent;
  }
  // log(1 + f) = 2 artanh(s) with s = f / (2 + f); |s| <= 0.1716, series to s^23.
  const double f = mantissa - 1.0, s = f / (2.0 + f), z = s * s;
  static constexpr double c[] = {2.0 / 23, 2.0 / 21, 2.0 / 19, 2.0 / 17, 2.0 / 15, 2.0 / 13,
                                 2.0 / 11, 2.0 / 9,  2.0 / 7,  2.0 / 5,  2.0 / 3};
  const double k = exponent;
  // 2 s = f - s f: keeps f exact, the correction is small.
  const double correction = s * (z * polynomial(z, c) - f) + k * kLn2Low;
  return k * kLn2High + (f + correction);
}

double log1p(double x) {
  const double u = 1.0 + x;
  if (u == 1.0) return x;
  if (std::isinf(u) || !(u > 0)) return log(u);
  return log(u) * (x / (u - 1.0));
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
