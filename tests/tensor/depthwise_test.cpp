#include "integrad/tensor/kernels/depthwise.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "integrad/tensor/kernels/conv2d.h"
#include "integrad/tensor/kernels/fast.h"
#include "integrad/tests/support/kernel_cases.h"

using namespace integrad;
using namespace integrad::testing;

namespace {

struct Case {
  Index batch, height, width, channels;
  WindowSpec window;
  Index multiplier = 1;

  Shape filter() const { return {1, window.kernel_y, window.kernel_x, channels * multiplier}; }
  ConvGeometry geometry() const {
    return depthwise_geometry(Shape{batch, height, width, channels}, filter(), window);
  }
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.geometry().input() << " multiplier " << c.multiplier << ' ' << c.window;
}

/// All three kernels, under every instruction set, against the reference.
void check_same_bits(const Case& c, std::uint64_t seed) {
  const Settings settings;
  CAPTURE(c);
  const ConvGeometry g = c.geometry();
  const Tensor<float> x = kernel_values<float>(g.input(), seed);
  const Tensor<float> filter = kernel_values<float>(c.filter(), seed + 1);
  const Tensor<float> bias = kernel_values<float>(Shape{g.out_channels}, seed + 2);
  const Tensor<float> d = kernel_values<float>(g.output(), seed + 3);
  const float* bias_or_null = seed % 3 == 0 ? nullptr : bias.data();
  Tensor<float> y(g.output()), dx(g.input()), dw(filter.shape()), db(bias.shape());
  kernels::reference::depthwise_forward(g, x.data(), filter.data(), bias_or_null, y.data());
  kernels::reference::depthwise_input_gradient(g, d.data(), filter.data(), dx.data());
  kernels::reference::depthwise_filter_gradient(g, x.data(), d.data(), dw.data(), db.data());
  for_each_isa(seed, [&] {
    Guarded y2(y.size()), dx2(dx.size()), dw2(dw.size()), db2(db.size());
    kernels::depthwise_forward(g, x.data(), filter.data(), bias_or_null, y2.values.data());
    kernels::depthwise_input_gradient(g, d.data(), filter.data(), dx2.values.data());
    kernels::depthwise_filter_gradient(g, x.data(), d.data(), dw2.values.data(), db2.values.data());
    CHECK(y2.holds(y));
    CHECK(dx2.holds(dx));
    CHECK(dw2.holds(dw));
    CHECK(db2.holds(db));
  });
}

}  // namespace

TEST_CASE("depthwise convolution: every width gives the reference's bits") {
  for (std::int32_t width = 1; width <= 40; ++width)
    check_same_bits({1, 4, width, 17, WindowSpec::square(3, 1, Padding::same())},
                    static_cast<std::uint64_t>(width));
}

TEST_CASE("depthwise convolution: every remainder of channels gives the reference's bits") {
  std::uint64_t seed = 100;
  for (Index channels : {1, 3, 15, 16, 17, 33, 64})
    check_same_bits({2, 5, 11, channels, WindowSpec::square(3, 1, Padding::same())}, seed++);
}

TEST_CASE("depthwise convolution: random windows and paddings give the reference's bits") {
  Draw draw(21);
  for (std::uint64_t i = 0; i < 120; ++i) {
    Case c;
    c.window = draw.window();
    c.batch = 1 + draw.below(2);
    c.height = draw.height(c.window, 6);
    c.width = draw.width(c.window, 25);
    c.channels = 1 + draw.below(20);
    c.multiplier = draw.below(6) == 0 ? 2 : 1;
    check_same_bits(c, 1000 + i);
  }
}

TEST_CASE("depthwise convolution: rows that read nothing add to the bias's gradient") {
  // The first and the last of three rows lie beside the only row of the input.
  check_same_bits({1, 1, 6, 20, {3, 3, 1, 1, 2, 1, Padding::fixed(3, 3, 1, 1)}}, 7);
  check_same_bits({1, 1, 6, 20, {3, 3, 1, 2, 2, 1, Padding::fixed(3, 3, 1, 1)}}, 8);
}

TEST_CASE("depthwise convolution: a multiplier above 1 is refused by the fast paths") {
  const ConvGeometry g = Case{1, 4, 4, 2, WindowSpec::square(3), 3}.geometry();
  CHECK_FALSE(kernels::fast::depthwise_forward(g, nullptr, nullptr, nullptr, nullptr));
  CHECK_FALSE(kernels::fast::depthwise_input_gradient(g, nullptr, nullptr, nullptr));
  CHECK_FALSE(kernels::fast::depthwise_filter_gradient(g, nullptr, nullptr, nullptr, nullptr));
}

// The grouped convolution with one input channel a group is tested against an oracle of its own.
TEST_CASE("depthwise convolution is the convolution with one group a channel") {
  const Settings settings;
  Draw draw(31);
  for (std::uint64_t i = 0; i < 12; ++i) {
    Case c;
    c.window = draw.window();
    c.batch = 2;
    c.height = draw.height(c.window, 6);
    c.width = draw.width(c.window, 6);
    c.channels = 1 + draw.below(4);
    c.multiplier = 1 + draw.below(3);
    CAPTURE(c);
    const ConvGeometry g = c.geometry();
    const Index taps = Index{c.window.kernel_y} * c.window.kernel_x, outputs = g.out_channels;
    const Tensor<double> x = kernel_values<double>(g.input(), i);
    const Tensor<double> d = kernel_values<double>(g.output(), i + 1);
    const Tensor<double> filter = kernel_values<double>(c.filter(), i + 2);
    const Tensor<double> bias = kernel_values<double>(Shape{outputs}, i + 3);
    Tensor<double> grouped(Shape{outputs, c.window.kernel_y, c.window.kernel_x, 1});
    for (Index o = 0; o < outputs; ++o)
      for (Index t = 0; t < taps; ++t) grouped[o * taps + t] = filter[t * outputs + o];

    Tensor<double> y(g.output()), dx(g.input()), dw(filter.shape()), db(bias.shape());
    kernels::depthwise_forward(g, x.data(), filter.data(), bias.data(), y.data());
    kernels::depthwise_input_gradient(g, d.data(), filter.data(), dx.data());
    kernels::depthwise_filter_gradient(g, x.data(), d.data(), dw.data(), db.data());
    Tensor<double> y2(y.shape()), dx2(dx.shape()), dw2(grouped.shape()), db2(bias.shape());
    kernels::conv2d_forward(g, x.data(), grouped.data(), bias.data(), y2.data());
    kernels::conv2d_input_gradient(g, d.data(), grouped.data(), dx2.data());
    kernels::conv2d_filter_gradient(g, x.data(), d.data(), dw2.data(), db2.data());
    double worst = 0;
    for (Index k = 0; k < y.size(); ++k) worst = std::max(worst, std::abs(y[k] - y2[k]));
    for (Index k = 0; k < dx.size(); ++k) worst = std::max(worst, std::abs(dx[k] - dx2[k]));
    for (Index k = 0; k < db.size(); ++k) worst = std::max(worst, std::abs(db[k] - db2[k]));
    for (Index o = 0; o < outputs; ++o)
      for (Index t = 0; t < taps; ++t)
        worst = std::max(worst, std::abs(dw[t * outputs + o] - dw2[o * taps + t]));
    CHECK(worst < 1e-12);
  }
}
