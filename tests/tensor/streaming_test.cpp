#include <doctest/doctest.h>

#include "integrad/tensor/kernels/caches.h"
#include "integrad/tensor/kernels/conv2d.h"
#include "integrad/tensor/kernels/convolution_norm.h"
#include "integrad/tensor/kernels/depthwise.h"
#include "integrad/tests/support/kernel_cases.h"

using namespace integrad;
using namespace integrad::testing;

// Two images together are so large that their rows go past the caches, one alone is not: both ways
// must give the same bits.

namespace {

using kernels::Convolution;

struct Case {
  Convolution kind;
  int kernel;
};
constexpr Case kCases[] = {
    {Convolution::full, 1}, {Convolution::full, 3}, {Convolution::depthwise, 3}};
const Shape kBoth{2, 128, 256, 32};
// Of a convolution by itself.
Shape both_alone() {
  return {2, kernels::large_alone() >> 17, 512, 32};
}

ConvGeometry geometry(const Case& c, const Shape& input) {
  const WindowSpec window = WindowSpec::square(c.kernel, 1, Padding::same());
  return c.kind == Convolution::full
             ? conv2d_geometry(input, Shape{32, c.kernel, c.kernel, 32}, window, 1)
             : depthwise_geometry(input, Shape{1, c.kernel, c.kernel, 32}, window);
}
Tensor<float> filter_of(const Case& c) {
  return kernel_values<float>(c.kind == Convolution::full ? Shape{32, c.kernel, c.kernel, 32}
                                                          : Shape{1, c.kernel, c.kernel, 32},
                              5);
}

Shape one_of(const Shape& both) {
  return {1, both[1], both[2], both[3]};
}

// Calls run(geometry, first element) for both images at once, or for one after the other.
template <class Run>
void images(const Case& c, const Shape& both, bool together, Run&& run) {
  const Shape one = one_of(both);
  if (together) {
    run(geometry(c, both), Index{0});
  } else {
    run(geometry(c, one), Index{0});
    run(geometry(c, one), one.elements());
  }
}

}  // namespace

TEST_CASE("rows that go past the caches have the bits of rows that do not: convolutions alone") {
  const auto streams = [](const Shape& shape) {
    return kernels::streams_past_caches(kernels::Lines::of(shape), kernels::large_alone());
  };
  const Shape both = both_alone();
  REQUIRE(streams(both));
  REQUIRE(!streams(one_of(both)));
  const Tensor<float> x = kernel_values<float>(both, 1), bias = kernel_values<float>({32}, 2);
  for (const Case& c : kCases) {
    const Tensor<float> filter = filter_of(c);
    const bool full = c.kind == Convolution::full;
    for_each_isa(1, [&] {
      if (isa() == Isa::baseline) return;  // streams nothing
      Tensor<float> forward[2] = {Tensor<float>(both), Tensor<float>(both)};
      Tensor<float> gradient[2] = {Tensor<float>(both), Tensor<float>(both)};
      for (const bool together : {false, true})
        images(c, both, together, [&](const ConvGeometry& g, Index at) {
          (full ? kernels::conv2d_forward<float>
                : kernels::depthwise_forward<float>)(g, x.data() + at, filter.data(), bias.data(),
                                                     forward[together].data() + at);
          (full ? kernels::conv2d_input_gradient<float>
                : kernels::depthwise_input_gradient<float>)(g, x.data() + at, filter.data(),
                                                            gradient[together].data() + at);
        });
      CHECK(first_difference(forward[1], forward[0]) == -1);
      CHECK(first_difference(gradient[1], gradient[0]) == -1);
    });
  }
}

TEST_CASE("rows that go past the caches have the bits of rows that do not: with their sums") {
  REQUIRE(kernels::streams_past_caches(kernels::Lines::of(kBoth)));
  REQUIRE(!kernels::streams_past_caches(kernels::Lines::of(one_of(kBoth))));
  const Tensor<float> x = kernel_values<float>(kBoth, 1), d = kernel_values<float>(kBoth, 2);
  const Tensor<float> before = kernel_values<float>(kBoth, 3);
  const Tensor<float> numbers = kernel_values<float>({2, 32}, 4);
  const kernels::ChannelMap<float> map{numbers.data(), numbers.data() + 32, true};
  const kernels::Lines lines = kernels::Lines::of(kBoth);
  for (const Case& c : kCases) {
    const Tensor<float> filter = filter_of(c);
    for_each_isa(2, [&] {
      if (isa() == Isa::baseline) return;
      Tensor<float> y[2] = {Tensor<float>(kBoth), Tensor<float>(kBoth)};
      Tensor<float> dx[2] = {Tensor<float>(kBoth), Tensor<float>(kBoth)};
      Tensor<float> sum[2] = {Tensor<float>(kBoth), Tensor<float>(kBoth)};
      Tensor<float> dfilter(filter.shape()), dbias(Shape{32});
      std::vector<double> moments(64), expected(64), sums(64), wanted(64);
      kernels::LineSums taken(lines), taken_later(lines);
      for (const bool together : {false, true})
        images(c, kBoth, together, [&](const ConvGeometry& g, Index at) {
          const kernels::Lines part = kernels::Lines::of(g.input());
          const auto source = kernels::mapped_lines<float>(part, {x.data() + at}, map);
          kernels::convolve_and_sum<float>(c.kind, g, source, filter.data(), nullptr,
                                           {y[together].data() + at},
                                           together ? moments.data() : nullptr);
          const auto cotangent = kernels::stored_lines<float>(part, {d.data() + at});
          kernels::InputGradient<float> alone{{dx[together].data() + at}, {}};
          if (together) alone.sums.push_back({&taken, {x.data()}, map});
          const kernels::InputGradient<float> added{{sum[together].data() + at},
                                                    {before.data() + at}};
          for (const auto& into : {alone, added})
            kernels::convolution_gradients<float>(c.kind, g, source, filter.data(), cotangent, into,
                                                  dfilter.data(), dbias.data());
        });
      CHECK(first_difference(y[1], y[0]) == -1);
      CHECK(first_difference(dx[1], dx[0]) == -1);
      CHECK(first_difference(sum[1], sum[0]) == -1);
      kernels::channel_sums(lines, y[0].data(), expected.data());
      CHECK(moments == expected);
      taken.total(sums.data());
      kernels::gradient_sums<float>(lines, map, {dx[0].data()}, {x.data()}, taken_later);
      taken_later.total(wanted.data());
      CHECK(sums == wanted);
    });
  }
}

TEST_CASE("a row that is copied past the caches is a copy") {
  for_each_isa(3, [] {
    for (const Index count : {Index{1}, Index{15}, Index{16}, Index{64}, Index{83}}) {
      const Tensor<float> from = kernel_values<float>({count}, 6);
      Tensor<float> to(Shape{count + 1});
      to[count] = 5;
      kernels::copy_row(count, from.data(), to.data(), true);
      for (Index i = 0; i < count; ++i) CHECK(to[i] == from[i]);
      CHECK(to[count] == 5);
    }
  });
}
