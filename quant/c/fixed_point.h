/* Exponential and reciprocal in fixed point, for softmax and the logistic function. A number in
 * Q(i).(31-i) has i integer bits: its value is the integer times 2^(i-31). After gemmlowp's
 * fixedpoint.h, which these restate digit for digit. */
#ifndef INTEGRAD_QUANT_C_FIXED_POINT_H
#define INTEGRAD_QUANT_C_FIXED_POINT_H
#include "arith.h"

/* exp(a) for -1/4 <= a < 0, both in Q0.31. With x = a + 1/8: exp(-1/8) times the Taylor polynomial
 * of exp(x) up to x^4/24; |x| <= 1/8 keeps the rest below 2^-21. gemmlowp:
 * exp_on_interval_between_negative_one_quarter_and_0_excl. */
static inline int32_t integrad_exp_small(int32_t a) {
  const int32_t exp_of_minus_eighth = 1895147668; /* exp(-1/8) * 2^31 */
  const int32_t third = 715827883;                /* 1/3 * 2^31 */
  const int32_t x = a + ((int32_t)1 << 28);
  const int32_t x2 = integrad_multiply_high(x, x);
  const int32_t x3 = integrad_multiply_high(x2, x);
  const int32_t x4 = integrad_multiply_high(x2, x2);
  /* ((x^4/4 + x^3) / 3 + x^2) / 2 = x^4/24 + x^3/6 + x^2/2 */
  const int32_t cubic =
      integrad_multiply_high(integrad_rounding_shift_right(x4, 2) + x3, third) + x2;
  const int32_t tail = integrad_rounding_shift_right(cubic, 1);
  return exp_of_minus_eighth + integrad_multiply_high(exp_of_minus_eighth, x + tail);
}

/* exp(a) in Q0.31 for a <= 0 in Q(integer_bits), integer_bits 4 or 5.
 * a = small - rest with small in [-1/4, 0) and rest a multiple of 1/4; exp(-rest) is a product of
 * one constant for each bit of rest: 1/4, 1/2, 1, 2, ... gemmlowp: exp_on_negative_values. */
static inline int32_t integrad_exp_of_negative(int32_t a, int32_t integer_bits) {
  static const int32_t factors[7] = {
      1672461947, /* exp(-1/4) * 2^31 */
      1302514674, /* exp(-1/2) * 2^31 */
      790015084,  /* exp(-1)   * 2^31 */
      290630308,  /* exp(-2)   * 2^31 */
      39332535,   /* exp(-4)   * 2^31 */
      720401,     /* exp(-8)   * 2^31 */
      242         /* exp(-16)  * 2^31 */
  };
  const int32_t quarter_bit = 29 - integer_bits;
  const int32_t quarter = (int32_t)1 << quarter_bit;
  const int32_t small =
      (a & (quarter - 1)) - quarter; /* two's complement: a modulo 1/4, less 1/4 */
  const int32_t rest = small - a;
  if (a == 0) return INT32_MAX; /* 1 is just outside Q0.31 */
  int32_t result = integrad_exp_small(integrad_saturating_shift_left(small, integer_bits));
  for (int32_t j = 0; j < integer_bits + 2; ++j) {
    if (((rest >> (quarter_bit + j)) & 1) != 0) result = integrad_multiply_high(result, factors[j]);
  }
  return result;
}

/* 1 / (1 + a) for 0 <= a < 1, both in Q0.31: three Newton steps on the reciprocal of h = (1 + a) /
 * 2, from the best linear guess 48/17 - 32/17 h. gemmlowp: one_over_one_plus_x_for_x_in_0_1. */
static inline int32_t integrad_reciprocal_of_one_plus(int32_t a) {
  const int32_t guess_constant = 1515870810; /* 48/17 in Q2.29 */
  const int32_t guess_slope = -1010580540;   /* -32/17 in Q2.29 */
  const int32_t one = (int32_t)1 << 29;      /* 1 in Q2.29 */
  const int32_t half = (int32_t)((a + ((int64_t)1 << 31)) / 2);
  int32_t x = guess_constant + integrad_multiply_high(half, guess_slope);
  for (int32_t step = 0; step < 3; ++step) {
    const int32_t error = one - integrad_multiply_high(half, x);
    x += integrad_saturating_shift_left(integrad_multiply_high(x, error), 2);
  }
  return integrad_saturating_shift_left(x, 1); /* x / 2 is the result in Q1.30 */
}

#endif
