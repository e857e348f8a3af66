// Exponential and logarithm, lane by lane. Included inside an anonymous namespace, where `Doubles`
// and `Bits` are double and std::uint64_t or vectors of them: a vector's lanes get the scalar's
// bits.

constexpr double kLn2High = 0x1.62e42fee00000p-1, kLn2Low = 0x1.a39ef35793c76p-33;
constexpr double kLog2E = 0x1.71547652b82fep0;
// Adding and subtracting 1.5 * 2^52 rounds to the nearest integer, which is then in the low bits.
constexpr double kRounder = 0x1.8p52;
constexpr std::uint64_t kRounderBits = 0x4338000000000000;

ALWAYS_INLINE Doubles splat(double value) {
  return Doubles{} + value;
}
ALWAYS_INLINE Bits bits_of(Doubles x) {
  return __builtin_bit_cast(Bits, x);
}
ALWAYS_INLINE Doubles doubles_of(Bits x) {
  return __builtin_bit_cast(Doubles, x);
}

// Coefficients from the highest power down.
template <int N>
ALWAYS_INLINE Doubles polynomial(Doubles x, const double (&coefficients)[N]) {
  Doubles sum = splat(coefficients[0]);
  UNROLL for (int i = 1; i < N; ++i) sum = sum * x + coefficients[i];
  return sum;
}

// 2^k for k as an integer modulo 2^64, -1022 <= k <= 1023.
ALWAYS_INLINE Doubles two_to(Bits k) {
  return doubles_of((k + 1023) << 52);
}
ALWAYS_INLINE Bits nearest_integer(Doubles x) {
  return bits_of(x + kRounder) - kRounderBits;
}

// e^x for every x.
ALWAYS_INLINE Doubles exponential(Doubles x) {
  const Doubles k = (x * kLog2E + kRounder) - kRounder;
  const Doubles r = (x - k * kLn2High) - k * kLn2Low;  // |r| <= ln2 / 2
  static constexpr double c[] = {1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800,
                                 1.0 / 362880,     1.0 / 40320,     1.0 / 5040,     1.0 / 720,
                                 1.0 / 120,        1.0 / 24,        1.0 / 6,        0.5};
  const Doubles value = 1.0 + (r + r * r * polynomial(r, c));
  // Two factors, because 2^k alone may lie outside the normal range.
  const Bits whole = nearest_integer(k), half = nearest_integer(k * 0.5);
  const Doubles scaled = value * two_to(half) * two_to(whole - half);
  const Doubles finite = x > 709.79 ? splat(__builtin_inf()) : scaled;
  return x < -745.2 ? splat(0.0) : finite;
}

// log(2^more x), x positive and normal.
ALWAYS_INLINE Doubles logarithm(Doubles x, double more = 0.0) {
  const Bits bits = bits_of(x);
  Doubles mantissa = doubles_of((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000);
  Doubles k = doubles_of((bits >> 52) + kRounderBits) - (kRounder + 1023.0);
  const auto large = mantissa > 1.4142135623730951;
  mantissa = large ? mantissa * 0.5 : mantissa;
  k = (large ? k + 1.0 : k) + more;
  // log(1 + f) = 2 artanh(s) with s = f / (2 + f); |s| <= 0.1716, series to s^23.
  const Doubles f = mantissa - 1.0, s = f / (2.0 + f), z = s * s;
  static constexpr double c[] = {2.0 / 23, 2.0 / 21, 2.0 / 19, 2.0 / 17, 2.0 / 15, 2.0 / 13,
                                 2.0 / 11, 2.0 / 9,  2.0 / 7,  2.0 / 5,  2.0 / 3};
  // 2 s = f - s f: keeps f exact, the correction is small.
  const Doubles correction = s * (z * polynomial(z, c) - f) + k * kLn2Low;
  return k * kLn2High + (f + correction);
}

// log(1 + x) without cancellation near 0, for 1 + x positive and finite.
ALWAYS_INLINE Doubles logarithm_of_one_plus(Doubles x) {
  const Doubles u = 1.0 + x;
  const Doubles value = logarithm(u) * (x / (u - 1.0));
  return u == 1.0 ? x : value;
}
