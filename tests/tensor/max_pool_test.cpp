#include "integrad/tensor/kernels/max_pool.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "integrad/tensor/kernels/input_gradient.h"
#include "integrad/tensor/kernels/line_source.h"
#include "integrad/tests/support/kernel_cases.h"

using namespace integrad;
using namespace integrad::testing;

namespace {

// The plain loops, which are what double precision takes.
struct Expected {
  Tensor<float> y, spread, picked;
  Tensor<std::uint8_t> winners;
};

template <class T>
StoredTarget<T> target(T* into) {
  return {into};
}

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
  const auto wide = widened(x), wide_cotangent = widened(cotangent);
  kernels::max_pool_forward(g, kernels::stored_lines(wide), target(y.data()), winners.data());
  make_lines(kernels::spread_to_winners(g, kernels::stored_lines(wide_cotangent), winners.data()),
             spread.data());
  make_lines(kernels::pick_winners(g, kernels::stored_lines(wide), winners.data()), picked.data());
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
          kernels::max_pool_forward(g, kernels::stored_lines(x), target(y.values.data()),
                                    winners.data());
          CHECK(std::memcmp(winners.data(), expected.winners.data(),
                            static_cast<std::size_t>(y.size)) == 0);
          for (Index i = y.size; i < winners.size(); ++i) CHECK(winners[i] == 77);
          const auto term =
              kernels::spread_to_winners(g, kernels::stored_lines(cotangent), winners.data());
          make_lines(term, spread.values.data());
          kernels::InputGradient<float> into;
          into.dx = target(added.values.data());
          into.before = Stored<float>{before.data()};
          kernels::add_lines(term, into);
          make_lines(kernels::pick_winners(g, kernels::stored_lines(x), winners.data()),
                     picked.values.data());
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

TEST_CASE("max pools of rows that are made as they are needed, windows apart and overlapping") {
  std::uint64_t seed = 700;
  for (const WindowSpec window :
       {WindowSpec::square(2, 2), WindowSpec::square(3, 1), WindowSpec::square(3, 2),
        WindowSpec{2, 2, 1, 1, 2, 1, {}}, WindowSpec{3, 2, 1, 1, 3, 2, {}},
        WindowSpec{3, 3, 2, 1, 2, 1, Padding::fixed(2, 1, 0, 0)}}) {
    CAPTURE(window);
    const Shape shape{2, 17, 9, 5};
    const ConvGeometry g = pool_geometry(shape, window);
    const Tensor<float> x = kernel_values<float>(shape, ++seed);
    const Tensor<float> cotangent = kernel_values<float>(g.output(), ++seed);
    Tensor<float> ones(Shape{5}, 1.0f), zeros(Shape{5}, -0.0f);  // which keep a -0
    const auto made = [&](const Tensor<float>& map) {
      return kernels::mapped_lines<float>(kernels::Lines::of(map.shape()), {map.data()},
                                          {ones.data(), zeros.data(), false});
    };
    const auto all = [&](const kernels::LineSource<float>& from, const Tensor<float>& d) {
      Tensor<float> y(g.output()), spread(g.input()), picked(g.output());
      Tensor<std::uint8_t> winners(g.output());
      kernels::max_pool_forward(g, from, target(y.data()), winners.data());
      make_lines(kernels::spread_to_winners(
                     g, &d == &cotangent ? kernels::stored_lines(d) : made(d), winners.data()),
                 spread.data());
      make_lines(kernels::pick_winners(g, from, winners.data()), picked.data());
      return std::array{y, spread, picked};
    };
    const Tensor<float> copy = cotangent;
    const auto expected = all(kernels::stored_lines(x), cotangent), actual = all(made(x), copy);
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(first_difference(actual[i], expected[i]) == -1);
  }
}
