#include <algorithm>
#include <cmath>

#include "integrad/autograd/cases.h"
#include "integrad/tensor/random.h"

namespace integrad::draw {

namespace {

// The rows are the same in every program; what varies from run to run is the cotangent.
constexpr std::uint64_t kSeed = 20240229;
constexpr double kClearance = 1.0 / 16;

// value(index) for each flat position.
template <class Value>
Tensor<double> generate(const Shape& shape, Value value) {
  Tensor<double> drawn = Tensor<double>::uninitialized(shape);
  for (Index i = 0; i < drawn.size(); ++i) drawn[i] = value(static_cast<std::uint64_t>(i));
  return drawn;
}

}  // namespace

Tensor<double> normal(Shape shape, std::uint64_t stream) {
  const Random random(kSeed, stream);
  return generate(shape, [&](std::uint64_t i) { return random.normal(i); });
}

Tensor<double> away_from(Shape shape, std::uint64_t stream, std::initializer_list<double> kinks) {
  const Random random(kSeed, stream);
  double deviation = 1;
  for (double kink : kinks) deviation = std::max(deviation, std::fabs(kink));
  return generate(shape, [&](std::uint64_t i) {
    // Draws again while too close to a kink.
    for (std::uint64_t attempt = 0;; ++attempt) {
      const double value = deviation * random.substream(attempt).normal(i);
      const bool clear = std::ranges::all_of(
          kinks, [&](double kink) { return std::fabs(value - kink) >= kClearance; });
      if (clear) return value;
    }
  });
}

Tensor<double> distinct(Shape shape, std::uint64_t stream) {
  const Random random(kSeed, stream);
  const auto count = narrow<std::uint32_t>(shape.elements());
  const std::vector<std::uint32_t> order = random.permutation(count);
  const Random jitter = random.substream(0);
  // Steps of two clearances, moved by up to one.
  return generate(shape, [&](std::uint64_t i) {
    return kClearance * (2.0 * order[i] - count + jitter.uniform(i));
  });
}

Tensor<double> uniform(Shape shape, std::uint64_t stream, double low, double high) {
  const Random random(kSeed, stream);
  return generate(shape, [&](std::uint64_t i) { return random.uniform(i, low, high); });
}

}  // namespace integrad::draw
