#include "integrad/tensor/kernels/norm_lines.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "integrad/tests/support/kernel_cases.h"

using namespace integrad;
using namespace integrad::testing;

namespace {

bool same_sums(const std::vector<double>& a, const std::vector<double>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

}  // namespace

TEST_CASE("lines of batch normalisation: every instruction set gives the plain loops' bits") {
  std::uint64_t seed = 40;
  for (const Index channels : {1, 3, 4, 7, 8, 15, 16, 17, 33, 64})
    for (const Index pixels : {1, 2, 3, 8, 21, 32, 71}) {
      CAPTURE(channels);
      CAPTURE(pixels);
      const Shape shape{pixels, channels}, one{channels};
      Tensor<float> y = kernel_values<float>(shape, ++seed);
      const Tensor<float> d = kernel_values<float>(shape, ++seed);
      const Tensor<float> numbers = kernel_values<float>(Shape{4, channels}, ++seed);
      if (seed % 2 == 0) y[y.size() / 2] = std::numeric_limits<float>::quiet_NaN();
      const auto row = [&](Index i) { return numbers.data() + i * channels; };
      for (const bool relu : {false, true}) {
        const kernels::ChannelMap<float> map{row(0), row(1), relu};
        Tensor<float> z(shape), dy(shape);
        std::vector<double> moments(static_cast<std::size_t>(2 * channels), 0.25), sums = moments;
        kernels::reference::map_line(map, pixels, channels, y.data(), z.data());
        kernels::reference::gradient_line(map, row(2), row(3), pixels, channels, d.data(), y.data(),
                                          dy.data());
        kernels::reference::add_moments(pixels, channels, d.data(), moments.data());
        kernels::reference::add_gradient_sums(map, pixels, channels, d.data(), d.data(),
                                              sums.data());
        for_each_isa(seed, [&] {
          Guarded z2(z.size()), dy2(dy.size());
          std::vector<double> moments2(moments.size(), 0.25), sums2 = moments2;
          kernels::map_line(map, pixels, channels, y.data(), z2.values.data());
          kernels::gradient_line(map, row(2), row(3), pixels, channels, d.data(), y.data(),
                                 dy2.values.data());
          kernels::add_moments(pixels, channels, d.data(), moments2.data());
          kernels::add_gradient_sums(map, pixels, channels, d.data(), d.data(), sums2.data());
          for (Index i = 0; i < z.size(); ++i)  // any NaN will do
            if (std::isnan(z[i]) && std::isnan(z2.values[i])) z2.values[i] = z[i];
          for (Index i = 0; i < dy.size(); ++i)
            if (std::isnan(dy[i]) && std::isnan(dy2.values[i])) dy2.values[i] = dy[i];
          CHECK(z2.holds(z));
          CHECK(dy2.holds(dy));
          CHECK(same_sums(moments2, moments));
          CHECK(same_sums(sums2, sums));
        });
      }
    }
}

TEST_CASE("a line's sums by hand: a ReLU lets through the cotangents of positive values only") {
  const float scale = 2, shift = -4;  // 2 y - 4 > 0 above 2
  const float y[] = {0, 2, 3, 5}, d[] = {10, 20, 30, 40};
  const float slope = 0.5f, offset = 100;
  double sums[] = {1, 1};
  const kernels::ChannelMap<float> map{&scale, &shift, true};
  kernels::add_gradient_sums(map, 4, 1, d, y, sums);
  CHECK(sums[0] == 1 + 30 + 40);
  CHECK(sums[1] == 1 + 30 * 3 + 40 * 5);
  float dy[4], z[4];
  kernels::gradient_line(map, &slope, &offset, 4, 1, d, y, dy);
  CHECK(dy[0] == 100);
  CHECK(dy[1] == 1 + 100);
  CHECK(dy[2] == 60 + 1.5f + 100);
  CHECK(dy[3] == 80 + 2.5f + 100);
  kernels::map_line(map, 4, 1, y, z);
  CHECK(z[0] == 0);
  CHECK(z[1] == 0);
  CHECK(z[2] == 2);
  CHECK(z[3] == 6);
  double moments[] = {0, 0};
  kernels::add_moments(4, 1, y, moments);
  CHECK(moments[0] == 10);
  CHECK(moments[1] == 38);
}
