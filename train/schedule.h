#pragma once
#include <variant>

namespace integrad {

/// The learning rate as a function of the time in epochs, fractions included: a factor in [0,1] on
/// the base rate.

struct ConstantRate {};
/// Multiplied by `factor` at every `every` epochs.
struct StepRate {
  double every = 30, factor = 0.1;
};
/// Half a cosine from 1 down to `minimum` over `epochs`, and `minimum` from then on.
struct CosineRate {
  double epochs = 100, minimum = 0;
};
/// The same again and again (SGDR; Loshchilov & Hutter, ICLR 2017): the first period lasts `period`
/// epochs, each next one `growth` times as long.
struct CosineRestartsRate {
  double period = 20, growth = 1, minimum = 0;
};

struct Schedule {
  double base_rate = 1e-3;
  std::variant<ConstantRate, StepRate, CosineRate, CosineRestartsRate> shape;
  /// During these first epochs the rate rises in a straight line, from 0, times what the shape
  /// says.
  double warm_up = 0;
};

/// Throws Error for periods not above 0, growth that is neither 1
/// nor at least 1.001, factors outside [0,1] or a negative rate.
void check(const Schedule& schedule);

/// The rate at this time, epoch >= 0: in step s of an epoch of n steps, epoch + s / n. Within
/// warm-up, pass (s + 1) / n if the first step shall move at all.
double learning_rate(const Schedule& schedule, double epoch);

}  // namespace integrad
