// The chain rule on a tape, once with the library's operators and once with an operator of our own,
// each compared with the difference quotient.
#include <cmath>
#include <cstdio>

#include "integrad/autograd/ops/activations.h"
#include "integrad/autograd/ops/arithmetic.h"
#include "integrad/autograd/ops/pointwise.h"

using namespace integrad;

namespace {

// An operator is its value and what it makes of the cotangent d; the tape does the rest.
struct Cube {
  template <class T>
  static T value(T x) {
    return x * x * x;
  }
  template <class T>
  static T gradient(T d, T x, T) {
    return d * 3 * x * x;
  }
};

// f(a, b) = (a b + a)^3 sigmoid(b). `a` is used twice: its gradient is the sum over both uses.
struct Recorded {
  Tape<double> tape;
  Var a, b, y;
  Recorded(double a_value, double b_value) {
    a = tape.leaf({Shape{1}, {a_value}});
    b = tape.leaf({Shape{1}, {b_value}});
    const Var sum = add(tape, mul(tape, a, b), a);
    y = mul(tape, pointwise<Cube>(tape, "cube", sum), sigmoid(tape, b));
  }
  double value() const { return tape.value(y)[0]; }
};

bool agrees(const char* name, double gradient, double quotient) {
  std::printf("  df/d%s: tape %.9f, difference quotient %.9f\n", name, gradient, quotient);
  return std::fabs(gradient - quotient) <= 1e-7 * (1 + std::fabs(quotient));
}

}  // namespace

int main() {
  const double a = 0.7, b = -0.4;
  Recorded f(a, b);
  std::printf("f(%.1f, %.1f) = %.9f, recorded as:\n", a, b, f.value());
  for (int id = 0; id < f.tape.size(); ++id)
    std::printf("  %d %-8s %.9f\n", id, f.tape.operation(Var{id}), f.tape.value(Var{id})[0]);

  f.tape.backward(f.y);
  std::printf("backward, from node %d to node 0:\n", f.y.id);
  const double h = 1e-6;
  const double quotient_a = (Recorded(a + h, b).value() - Recorded(a - h, b).value()) / (2 * h);
  const double quotient_b = (Recorded(a, b + h).value() - Recorded(a, b - h).value()) / (2 * h);
  const bool a_agrees = agrees("a", f.tape.gradient(f.a)[0], quotient_a);
  const bool b_agrees = agrees("b", f.tape.gradient(f.b)[0], quotient_b);
  return a_agrees && b_agrees ? 0 : 1;
}
