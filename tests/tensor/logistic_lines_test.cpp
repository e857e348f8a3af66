#include "integrad/tensor/kernels/logistic_lines.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "integrad/tests/support/kernel_cases.h"

using namespace integrad;
using namespace integrad::testing;

TEST_CASE("lines of the structure loss: every instruction set gives the plain loops' bits") {
  std::uint64_t seed = 90;
  for (Index points = 1; points <= 40; ++points) {
    CAPTURE(points);
    Tensor<float> z = kernel_values<float>(Shape{points}, ++seed), m(z.shape()), w(z.shape());
    for (Index i = 0; i < points; ++i) {
      // From certain to undecided, with both zeros, and targets between 0 and 1.
      constexpr float kScales[] = {1.0f, 20.0f, 0.0f, -0.0f, 700.0f, 1e-20f, 3e38f};
      z[i] *= kScales[(i + points) % 7];
      m[i] = i % 3 == 2 ? 0.25f : static_cast<float>(i % 2);
      w[i] = 1.0f + static_cast<float>(i % 5) * 0.75f;
    }
    const kernels::LogisticSlopes slopes{0.7, points % 2 == 0 ? 0.01 : 0.0, 0.003, 0.8, 0.11};
    double sums[5] = {0.5, 0.25, 0, 1, 2};
    Tensor<float> gradient(z.shape());
    kernels::reference::add_logistic_sums(points, z.data(), m.data(), w.data(), sums);
    kernels::reference::logistic_gradient_line(slopes, points, z.data(), m.data(), w.data(),
                                               gradient.data());
    for_each_isa(seed, [&] {
      double sums2[5] = {0.5, 0.25, 0, 1, 2};
      Guarded gradient2(gradient.size());
      kernels::add_logistic_sums(points, z.data(), m.data(), w.data(), sums2);
      kernels::logistic_gradient_line(slopes, points, z.data(), m.data(), w.data(),
                                      gradient2.values.data());
      CHECK(std::memcmp(sums, sums2, sizeof sums) == 0);
      CHECK(gradient2.holds(gradient));
    });
  }
}

TEST_CASE("a logit that is no number shows in the sums") {
  const Tensor<float> m(Shape{20}, 1.0f), w(Shape{20}, 1.0f);
  Tensor<float> z(Shape{20}, 0.5f);
  z[17] = std::nanf("");
  double sums[5] = {};
  kernels::add_logistic_sums(20, z.data(), m.data(), w.data(), sums);
  CHECK(sums[0] == 20.0);
  for (int k = 1; k < 5; ++k) CHECK(std::isnan(sums[k]));
}
