#include "integrad/tensor/kernels/max_pool.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "integrad/tests/support/kernel_cases.h"

using namespace integrad;
using namespace integrad::testing;

namespace {

// The plain loops, which are what double precision takes.
struct Expected {
  Tensor<float> y, spread, picked;
  Tensor<std::uint8_t> winners;
};

Tensor<double> widened(const Tensor<float>& x) {
  Tensor<double> wide(x.shape());
  for (Index i = 0; i < x.size(); ++i) wide[i] = static_cast<double>(x[i]);
  return wide;
}
Tensor<float> narrowed(const Tensor<double>& x) {
  Tensor<float> narrow(x.shape());
  for (Index i = 0; i < x.size(); ++i) narrow[i] = static_cast<float>(x[i]);
  return narrow;
}

Expected plain(const ConvGeometry& g, const Tensor<float>& x, const Tensor<float>& cotangent) {
  Tensor<double> y(g.output()), spread(g.input()), picked(g.output());
  Tensor<std::uint8_t> winners(g.output());
  const auto wide = widened(x);
  kernels::max_pool_forward<double>(g, {wide.data(), nullptr}, y.data(), winners.data());
  kernels::spread_to_winners(g, widened(cotangent).data(), winners.data(), spread.data());
  kernels::pick_winners(g, wide.data(), winners.data(), picked.data());
  return {narrowed(y), narrowed(spread), narrowed(picked), winners};
}

}  // namespace

TEST_CASE("max pools whose windows tile: every instruction set gives the plain loops' bits") {
  std::uint64_t seed = 300;
  for (const Index channels : {1, 3, 15, 16, 17, 33, 64})
    for (const WindowSpec window :
         {WindowSpec::square(2, 2), WindowSpec::square(3, 3), WindowSpec{1, 2, 1, 2, 1, 1, {}}})
      for (const Index width : {2, 3, 7, 12}) {
        CAPTURE(channels);
        CAPTURE(width);
        const Shape shape{2, 7, width + window.kernel_x, channels};
        const ConvGeometry g = pool_geometry(shape, window);
        Tensor<float> x = kernel_values<float>(shape, ++seed);
        for (Index i = 0; i < x.size(); i += 5) x[i] = 0.25f;  // equal maxima
        if (seed % 3 == 0)
          for (Index i = 1; i < x.size(); i += 11) x[i] = std::numeric_limits<float>::quiet_NaN();
        const Tensor<float> cotangent = kernel_values<float>(g.output(), ++seed);
        const Expected expected = plain(g, x, cotangent);
        const Tensor<float> before = kernel_values<float>(shape, ++seed);
        Tensor<float> sum(shape);
        for (Index i = 0; i < sum.size(); ++i) sum[i] = before[i] + expected.spread[i];
        for_each_isa(seed, [&] {
          Guarded y(expected.y.size()), spread(x.size()), added(x.size()), picked(y.size);
          Tensor<std::uint8_t> winners(Shape{y.size + 16}, std::uint8_t{77});
          const kernels::Mapped<float> from{x.data(), nullptr};
          kernels::max_pool_forward(g, from, y.values.data(), winners.data());
          CHECK(std::memcmp(winners.data(), expected.winners.data(),
                            static_cast<std::size_t>(y.size)) == 0);
          for (Index i = y.size; i < winners.size(); ++i) CHECK(winners[i] == 77);
          kernels::spread_to_winners(g, cotangent.data(), winners.data(), spread.values.data());
          kernels::max_pool_gradient(g, cotangent.data(), winners.data(), from,
                                     {added.values.data(), before.data()});
          kernels::pick_winners(g, x.data(), winners.data(), picked.values.data());
          for (Index i = 0; i < y.size; ++i)  // any NaN will do
            for (Guarded* result : {&y, &picked})
              if (std::isnan(expected.y[i]) && std::isnan(result->values[i]))
                result->values[i] = expected.y[i];
          CHECK(y.holds(expected.y));
          CHECK(spread.holds(expected.spread));
          CHECK(added.holds(sum));
          CHECK(picked.holds(expected.picked));
        });
      }
}

TEST_CASE("a mapped input is pooled as its map's values are, and its gradient's sums are taken") {
  std::uint64_t seed = 700;
  for (const Index channels : {3, 16, 21, 48}) {
    CAPTURE(channels);
    const ConvGeometry g = pool_geometry({2, 6, 9, channels}, WindowSpec::square(2, 2));
    const Tensor<float> stored = kernel_values<float>(g.input(), ++seed);
    const Tensor<float> numbers = kernel_values<float>(Shape{3, channels}, ++seed);
    const Tensor<float> cotangent = kernel_values<float>(g.output(), ++seed);
    const kernels::ChannelMap<float> map{numbers.data(), numbers.data() + channels,
                                         numbers.data() + 2 * channels, seed % 2 == 0};
    const kernels::Lines lines = kernels::Lines::of(g.input());
    Tensor<float> z(g.input()), y(g.output()), dx(g.input());
    Tensor<std::uint8_t> winners(g.output());
    std::vector<double> sums(static_cast<std::size_t>(2 * channels));
    kernels::reference::map_line(map, 2 * 6 * 9, channels, stored.data(), z.data());
    kernels::max_pool_forward<float>(g, {z.data(), nullptr}, y.data(), winners.data());
    kernels::spread_to_winners(g, cotangent.data(), winners.data(), dx.data());
    kernels::LineSums whole(lines);
    kernels::gradient_sums(lines, map, dx.data(), stored.data(), whole);
    whole.total(sums.data());
    for_each_isa(seed, [&] {
      Guarded y2(y.size()), dx2(dx.size());
      Tensor<std::uint8_t> winners2(g.output());
      std::vector<double> sums2(sums.size());
      kernels::LineSums partial(lines);
      kernels::max_pool_forward<float>(g, {stored.data(), &map}, y2.values.data(), winners2.data());
      kernels::max_pool_gradient<float>(g, cotangent.data(), winners2.data(), {stored.data(), &map},
                                        {dx2.values.data(), nullptr, &partial});
      partial.total(sums2.data());
      CHECK(y2.holds(y));
      CHECK(dx2.holds(dx));
      CHECK(std::memcmp(winners.data(), winners2.data(),
                        static_cast<std::size_t>(winners.size())) == 0);
      CHECK(sums == sums2);
    });
  }
}
