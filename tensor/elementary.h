#pragma once

/// Elementary functions whose bits depend on their argument alone, never on the machine's libm:
/// only +, -, *, / and integer operations in a fixed order. Errors stay below 3 units in the last
/// place of a double on the stated ranges; the float versions round the double result once.
namespace integrad::elementary {

/// e^x; +infinity above 709.79, 0 below -745.2; NaN for NaN.
double exp(double x);
/// Natural logarithm; -infinity at 0, NaN below.
double log(double x);
/// log(1 + x) without cancellation near 0; -infinity at -1, NaN below.
double log1p(double x);
/// Radians; |x| <= 1e6. Next to a multiple of pi/2, where the result comes close to 0, its error is
/// below 2^-85 absolutely, which may be more units in its own last place.
double sin(double x);
double cos(double x);
/// x^y = exp(y log x), for x > 0; the relative error grows with |y log x| (1e-15 times it).
double pow(double x, double y);
/// x^n by repeated squaring, n >= 0.
double power(double x, unsigned long long n);
/// 1 / (1 + e^-x), finite and accurate for every x.
double sigmoid(double x);

float exp(float x);
float log(float x);
float log1p(float x);
float sigmoid(float x);

}  // namespace integrad::elementary
