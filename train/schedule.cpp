#include "integrad/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "integrad/tensor/elementary.h"
#include "integrad/tensor/error.h"

namespace integrad {

namespace {

double half_cosine(double share, double minimum) {
  return minimum + (1 - minimum) * 0.5 * (1 + elementary::cos(std::numbers::pi * share));
}

double factor_at(const ConstantRate&, double) {
  return 1;
}

double factor_at(const StepRate& shape, double epoch) {
  const double steps = std::min(std::floor(epoch / shape.every), 1e6);
  return elementary::power(shape.factor, static_cast<unsigned long long>(steps));
}

double factor_at(const CosineRate& shape, double epoch) {
  return epoch >= shape.epochs ? shape.minimum : half_cosine(epoch / shape.epochs, shape.minimum);
}

double factor_at(const CosineRestartsRate& shape, double epoch) {
  double start = 0, period = shape.period;
  if (shape.growth == 1)
    start = std::floor(epoch / period) * period;
  else
    for (; epoch >= start + period; period *= shape.growth) start += period;
  return half_cosine((epoch - start) / period, shape.minimum);
}

void check_fraction(double value, const char* what) {
  require(value >= 0 && value <= 1, "a schedule's ", what, " lies in [0,1]; got ", value);
}
void check_length(double value, const char* what) {
  require(std::isfinite(value) && value > 0, "a schedule's ", what, " is above 0 epochs; got ",
          value);
}

void check_shape(const ConstantRate&) {}
void check_shape(const StepRate& shape) {
  check_length(shape.every, "step");
  check_fraction(shape.factor, "factor");
}
void check_shape(const CosineRate& shape) {
  check_length(shape.epochs, "length");
  check_fraction(shape.minimum, "minimum");
}
void check_shape(const CosineRestartsRate& shape) {
  check_length(shape.period, "period");
  check_fraction(shape.minimum, "minimum");
  // Growth barely above 1 would make the search for the period long; 1 itself needs none.
  require(shape.growth == 1 || (shape.growth >= 1.001 && std::isfinite(shape.growth)),
          "a schedule's growth is 1 or at least 1.001; got ", shape.growth);
}

}  // namespace

void check(const Schedule& schedule) {
  require(std::isfinite(schedule.base_rate) && schedule.base_rate >= 0,
          "a learning rate is not negative; got ", schedule.base_rate);
  require(std::isfinite(schedule.warm_up) && schedule.warm_up >= 0,
          "a warm-up is not negative; got ", schedule.warm_up);
  std::visit([](const auto& shape) { check_shape(shape); }, schedule.shape);
}

double learning_rate(const Schedule& schedule, double epoch) {
  check(schedule);
  require(std::isfinite(epoch) && epoch >= 0, "an epoch is not negative; got ", epoch);
  const double factor =
      std::visit([&](const auto& shape) { return factor_at(shape, epoch); }, schedule.shape);
  const double warm = epoch < schedule.warm_up ? epoch / schedule.warm_up : 1.0;
  return schedule.base_rate * factor * warm;
}

}  // namespace integrad
