#include "integrad/tensor/kernels/conv2d.h"

#include <doctest/doctest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <vector>

#include "integrad/tensor/error.h"
#include "integrad/tensor/kernels/fast.h"
#include "integrad/tests/support/float_conv_case.h"

using namespace integrad;
using namespace integrad::testing;

TEST_CASE("convolution: every width gives the reference's bits") {
  for (std::int32_t width = 1; width <= 40; ++width) {
    check_same_bits({1, 3, width, 3, 16, WindowSpec::square(3, 1, Padding::same())}, 100u + width);
    check_same_bits({1, 2, width, 2, 33, WindowSpec::square(1)}, 200u + width);
    for (Index out : {16, 33})  // Winograd, in tiles of one vector and of two
      check_same_bits({1, 3, width, 17, out, WindowSpec::square(3, 1, Padding::same())},
                      400u + width);
  }
}

TEST_CASE("convolution: every remainder of channels gives the reference's bits") {
  std::uint64_t seed = 300;
  for (Index in : {1, 3, 15, 16, 17, 33, 64})
    for (Index out : {1, 3, 15, 16, 17, 33, 64})
      for (Index width : {5, 17})
        check_same_bits({1, 3, width, in, out, WindowSpec::square(3, 1, Padding::same())}, seed++);
}

TEST_CASE("convolution: few outputs of many inputs give the reference's bits") {
  std::uint64_t seed = 500;
  for (std::int32_t width = 1; width <= 40; ++width)
    check_same_bits({2, 4, width, 16, 1, WindowSpec::square(3, 1, Padding::same())}, seed++);
  for (Index width : {130, 257})
    for (Index in : {2, 3, 4, 5, 8, 15, 17, 33})
      for (Index out : {1, 2, 3, 4})
        check_same_bits({1, 3, width, in, out, {3, 2, 1, 1, 1, 3, Padding::same()}}, seed++);
  check_same_bits({2, 12, 19, 8, 2, {3, 3, 1, 1, 2, 2, Padding::same()}}, seed++);
}

TEST_CASE("convolution: random windows, paddings and groups give the reference's bits") {
  Draw draw(11);
  for (std::uint64_t i = 0; i < 120; ++i) {
    FloatConvCase c;
    c.window = draw.window();
    c.batch = 1 + draw.below(2);
    c.height = draw.height(c.window, 5);
    c.width = draw.width(c.window, 25);
    c.groups = draw.below(6) == 0 ? 1 + draw.below(3) : 1;
    c.in_channels = c.groups * (1 + draw.below(3));
    c.out_channels = c.groups * (1 + draw.below(18));
    check_same_bits(c, 1000 + i);
  }
}

// Sums that lie so near the middle between two floats that rounding to double first goes wrong: the
// software fma must round once, as the instruction does. Random values never come so near.
TEST_CASE("convolution: every multiply-add rounds once") {
  std::vector<float> bias, x, filter;
  for (int scale : {0, 40, -60, -102, -125, -137, -148})
    for (float sign : {1.0f, -1.0f})
      for (float odd : {0.0f, 0x1p-23f})
        for (float side : {-0x1p-23f, 0.0f, 0x1p-23f}) {
          bias.push_back(std::ldexp(sign * (1 + odd), scale));
          x.push_back(std::ldexp(1 + 0x1p-23f, scale / 2 - 12));
          filter.push_back(std::ldexp(sign * (1 + side), scale - scale / 2 - 12));
        }
  for_each_isa(0, [&] {
    for (std::size_t i = 0; i < bias.size(); ++i) {
      const ConvGeometry g =
          conv2d_geometry(Shape{1, 1, 1, 1}, Shape{1, 1, 1, 1}, WindowSpec::square(1));
      float y = 0;
      kernels::conv2d_forward(g, &x[i], &filter[i], &bias[i], &y);
      CHECK(y == std::fma(x[i], filter[i], bias[i]));
    }
  });
}

TEST_CASE("convolution: the number of threads changes no bit") {
  const FloatConvCase c{2, 37, 70, 16, 16, WindowSpec::square(3, 1, Padding::same())};
  const ConvGeometry g = geometry(c);
  const Tensor<float> x = kernel_values<float>(g.input(), 1),
                      d = kernel_values<float>(g.output(), 2);
  const Tensor<float> filter = kernel_values<float>(filter_shape(c), 3);
  const Settings settings;
  Tensor<float> first[3];
  for (int count : {1, 2, 3, 5}) {
    set_threads(count);
    Tensor<float> y(g.output()), dx(g.input()), dw(filter.shape());
    kernels::conv2d_forward(g, x.data(), filter.data(), static_cast<const float*>(nullptr),
                            y.data());
    kernels::conv2d_input_gradient(g, d.data(), filter.data(), dx.data());
    kernels::conv2d_filter_gradient(g, x.data(), d.data(), dw.data(), static_cast<float*>(nullptr));
    if (count == 1) first[0] = y, first[1] = dx, first[2] = dw;
    CHECK(first_difference(y, first[0]) == -1);
    CHECK(first_difference(dx, first[1]) == -1);
    CHECK(first_difference(dw, first[2]) == -1);
  }
}

TEST_CASE("convolution: strips change no bit, and narrow caches have none") {
  const Settings settings;
  const WindowSpec same = WindowSpec::square(3, 1, Padding::same());
  const FloatConvCase cases[] = {{2, 9, 150, 70, 16, same},
                                 {1, 9, 260, 65, 3, WindowSpec::square(3, 2, Padding::same())},
                                 {1, 9, 150, 66, 5, {3, 5, 1, 1, 2, 2, Padding::same()}}};
  for (const FloatConvCase& c : cases) {
    CAPTURE(c);
    const ConvGeometry g = geometry(c);
    const Tensor<float> x = kernel_values<float>(g.input(), 1);
    const Tensor<float> filter = kernel_values<float>(filter_shape(c), 2);
    Tensor<float> expected(g.output());
    kernels::reference::conv2d_forward<float>(g, x.data(), filter.data(), nullptr, expected.data());
    for_each_isa(1, [&] {
      const auto packed =
          kernels::fast::pack_forward(kernels::Convolution::full, g, filter.data(), nullptr);
      REQUIRE(packed.size() == 1);
      const Index narrow = kernels::fast::strip_outputs(packed.front(), 0);
      const Index wide = kernels::fast::strip_outputs(packed.front(), 1 << 16);
      CHECK(narrow == g.out_width);
      CHECK((wide < g.out_width) == (packed.front().held == 0));  // without factors
      for (const Index strip : {narrow, wide, Index{4}}) {
        Tensor<float> y(g.output());
        kernels::fast::run_rows(packed.front(), g.batch, x.data(), y.data(),
                                Index{g.out_height} * g.out_width * g.out_channels, strip);
        CHECK(first_difference(y, expected) == -1);
      }
    });
  }
}

TEST_CASE("convolution: shapes outside the fast paths are refused by them") {
  const ConvGeometry grouped = geometry({1, 4, 4, 4, 4, WindowSpec::square(3), 2});
  CHECK_FALSE(kernels::fast::conv2d_forward(grouped, nullptr, nullptr, nullptr, nullptr));
  WindowSpec window = WindowSpec::square(3, 2);
  window.dilation_y = window.dilation_x = 2;
  const ConvGeometry spread = geometry({1, 9, 9, 4, 4, window});
  CHECK_FALSE(kernels::fast::conv2d_input_gradient(spread, nullptr, nullptr, nullptr));
}

TEST_CASE("convolution: the reference agrees with a matrix product over gathered windows") {
  const Settings settings;
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  WindowSpec uneven{3, 2, 2, 1, 1, 2, Padding::fixed(1, 2, 0, 1)};
  const FloatConvCase cases[] = {
      {2, 6, 7, 3, 5, WindowSpec::square(3, 1, Padding::same())},
      {1, 7, 9, 4, 6, uneven, 2},
      {1, 8, 8, 2, 3, WindowSpec::square(2, 2)},
      {2, 3, 17, 9, 8, WindowSpec::square(3, 1, Padding::same())},
      {1, 7, 16, 8, 10, WindowSpec::square(3, 1, Padding::fixed(1, 2, 2, 0))},
      {3, 1, 18, 10, 8, WindowSpec::square(3, 1, Padding::same())},
      {1, 7, 16, 8, 10, {2, 3, 2, 1, 1, 1, Padding::fixed(1, 0, 2, 0)}}};
  for (const FloatConvCase& c : cases) {
    CAPTURE(c);
    const ConvGeometry g = geometry(c);
    const Tensor<double> x = kernel_values<double>(g.input(), 1);
    const Tensor<double> filter = kernel_values<double>(filter_shape(c), 2);
    const Tensor<double> bias = kernel_values<double>(Shape{c.out_channels}, 3);
    const Tensor<double> d = kernel_values<double>(g.output(), 4);
    Tensor<double> y(g.output()), dx(g.input()), dw(filter.shape()), db(bias.shape());
    kernels::conv2d_forward(g, x.data(), filter.data(), bias.data(), y.data());
    kernels::conv2d_input_gradient(g, d.data(), filter.data(), dx.data());
    kernels::conv2d_filter_gradient(g, x.data(), d.data(), dw.data(), db.data());

    // Row (n, oy, ox), column (ky, kx, ci): the input index read there, or -1.
    const Index points = y.size() / c.out_channels, outputs = c.out_channels / c.groups;
    const Index inputs = c.in_channels / c.groups, taps = filter.size() / c.out_channels;
    for (Index group = 0; group < c.groups; ++group) {
      Eigen::Matrix<Index, Eigen::Dynamic, Eigen::Dynamic> source(points, taps);
      Matrix windows(points, taps), weights(taps, outputs), cotangent(points, outputs);
      for (Index p = 0; p < points; ++p)
        for (Index t = 0; t < taps; ++t) {
          const Index ky = t / inputs / c.window.kernel_x, kx = t / inputs % c.window.kernel_x;
          const Index ox = p % g.out_width, oy = p / g.out_width % g.out_height;
          const Index n = p / g.out_width / g.out_height;
          const Index iy =
              oy * c.window.stride_y + ky * c.window.dilation_y - g.window.y.pad_before;
          const Index ix =
              ox * c.window.stride_x + kx * c.window.dilation_x - g.window.x.pad_before;
          const bool inside = iy >= 0 && iy < c.height && ix >= 0 && ix < c.width;
          source(p, t) = inside ? x.offset(n, iy, ix, group * inputs + t % inputs) : -1;
          windows(p, t) = inside ? x[source(p, t)] : 0.0;
        }
      for (Index o = 0; o < outputs; ++o) {
        for (Index t = 0; t < taps; ++t) weights(t, o) = filter[(group * outputs + o) * taps + t];
        for (Index p = 0; p < points; ++p)
          cotangent(p, o) = d[p * c.out_channels + group * outputs + o];
      }
      const Matrix product = windows * weights, gathered = cotangent * weights.transpose();
      const Matrix gradient = windows.transpose() * cotangent;
      Tensor<double> scattered(g.input());
      for (Index p = 0; p < points; ++p)
        for (Index t = 0; t < taps; ++t)
          if (source(p, t) >= 0) scattered[source(p, t)] += gathered(p, t);
      double worst = 0;
      for (Index o = 0; o < outputs; ++o) {
        const Index channel = group * outputs + o;
        worst = std::max(worst, std::abs(db[channel] - cotangent.col(o).sum()));
        for (Index t = 0; t < taps; ++t)
          worst = std::max(worst, std::abs(dw[channel * taps + t] - gradient(t, o)));
        for (Index p = 0; p < points; ++p)
          worst = std::max(
              worst, std::abs(y[p * c.out_channels + channel] - bias[channel] - product(p, o)));
      }
      for (Index i = 0; i < dx.size(); ++i)
        if (i % c.in_channels / inputs == group)
          worst = std::max(worst, std::abs(dx[i] - scattered[i]));
      CHECK(worst < 1e-12);
    }
  }
}
