#include "integrad/tensor/kernels/conv2d.h"

#include <doctest/doctest.h>

#include <Eigen/Dense>

#include "integrad/tensor/error.h"
#include "integrad/tensor/kernels/fast.h"
#include "integrad/tests/support/kernel_cases.h"

using namespace integrad;
using namespace integrad::testing;

namespace {

struct Case {
  Index batch, height, width, in_channels, out_channels;
  WindowSpec window;
  Index groups = 1;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  const WindowSpec& w = c.window;
  return out << c.batch << 'x' << c.height << 'x' << c.width << ' ' << c.in_channels << "->"
             << c.out_channels << " kernel " << w.kernel_y << 'x' << w.kernel_x << " stride "
             << w.stride_y << 'x' << w.stride_x << " dilation " << w.dilation_y << 'x'
             << w.dilation_x << " padding " << w.padding.top << ',' << w.padding.bottom << ','
             << w.padding.left << ',' << w.padding.right << " groups " << c.groups;
}

Shape filter_shape(const Case& c) {
  return {c.out_channels, c.window.kernel_y, c.window.kernel_x, c.in_channels / c.groups};
}

ConvGeometry geometry(const Case& c) {
  return conv2d_geometry(Shape{c.batch, c.height, c.width, c.in_channels}, filter_shape(c),
                         c.window, c.groups);
}

/// All three kernels, under every instruction set, against the reference.
void check_same_bits(const Case& c, std::uint64_t seed) {
  CAPTURE(c);
  const ConvGeometry g = geometry(c);
  const Tensor<float> x = kernel_values<float>(g.input(), seed);
  const Tensor<float> filter = kernel_values<float>(filter_shape(c), seed + 1);
  const Tensor<float> bias = kernel_values<float>(Shape{c.out_channels}, seed + 2);
  const Tensor<float> d = kernel_values<float>(g.output(), seed + 3);
  const float* bias_or_null = seed % 3 == 0 ? nullptr : bias.data();
  Tensor<float> y(g.output()), dx(g.input()), dw(filter.shape()), db(bias.shape());
  kernels::reference::conv2d_forward(g, x.data(), filter.data(), bias_or_null, y.data());
  kernels::reference::conv2d_input_gradient(g, d.data(), filter.data(), dx.data());
  kernels::reference::conv2d_filter_gradient(g, x.data(), d.data(), dw.data(), db.data());
  for_each_isa(seed, [&] {
    Guarded y2(y.size()), dx2(dx.size()), dw2(dw.size()), db2(db.size());
    kernels::conv2d_forward(g, x.data(), filter.data(), bias_or_null, y2.values.data());
    kernels::conv2d_input_gradient(g, d.data(), filter.data(), dx2.values.data());
    kernels::conv2d_filter_gradient(g, x.data(), d.data(), dw2.values.data(), db2.values.data());
    CHECK(y2.differs_from(y) == -1);
    CHECK(dx2.differs_from(dx) == -1);
    CHECK(dw2.differs_from(dw) == -1);
    CHECK(db2.differs_from(db) == -1);
    CHECK((y2.intact() && dx2.intact() && dw2.intact() && db2.intact()));
  });
}

}  // namespace

TEST_CASE("convolution: every width gives the reference's bits") {
  for (std::int32_t width = 1; width <= 40; ++width) {
    check_same_bits({1, 3, width, 3, 16, WindowSpec::square(3, 1, Padding::same())}, 100u + width);
    check_same_bits({1, 2, width, 2, 33, WindowSpec::square(1)}, 200u + width);
  }
}

TEST_CASE("convolution: every remainder of channels gives the reference's bits") {
  std::uint64_t seed = 300;
  for (Index in : {1, 3, 15, 16, 17, 33, 64})
    for (Index out : {1, 3, 15, 16, 17, 33, 64})
      check_same_bits({1, 3, 5, in, out, WindowSpec::square(3, 1, Padding::same())}, seed++);
}

TEST_CASE("convolution: random windows, paddings and groups give the reference's bits") {
  const Random random(11, 0);
  std::uint64_t draw = 0;
  const auto below = [&](std::int32_t count) {
    return static_cast<std::int32_t>(random.below(draw++, static_cast<std::uint64_t>(count)));
  };
  const std::int32_t kernels[] = {1, 2, 3, 5, 7};
  int fast = 0;
  for (std::uint64_t i = 0; i < 150; ++i) {
    Case c;
    WindowSpec& w = c.window;
    w = {kernels[below(5)], kernels[below(5)], 1 + below(3) % 2, 1 + below(3), 1, 1, {}};
    if (below(3) == 0) w.dilation_y = 1 + below(2), w.dilation_x = 1 + below(3);
    const std::int32_t extent_y = (w.kernel_y - 1) * w.dilation_y + 1;
    const std::int32_t extent_x = (w.kernel_x - 1) * w.dilation_x + 1;
    const std::int32_t kind = below(3);
    if (kind == 0) w.padding = Padding::same();
    if (kind == 1)
      w.padding =
          Padding::fixed(below(extent_y), below(extent_y), below(extent_x), below(extent_x));
    c.batch = 1 + below(2);
    c.height = (kind == 2 ? extent_y : 1) + below(8);
    c.width = (kind == 2 ? extent_x : 1) + below(30);
    if (kind == 1) c.height += extent_y - 1, c.width += extent_x - 1;
    c.groups = below(5) == 0 ? 1 + below(3) : 1;
    c.in_channels = c.groups * (1 + below(5));
    c.out_channels = c.groups * (1 + below(20));
    fast += c.groups == 1;
    check_same_bits(c, 1000 + i);
  }
  CHECK(fast > 100);
}

TEST_CASE("convolution: the number of threads changes no bit") {
  const Case c{2, 37, 70, 16, 16, WindowSpec::square(3, 1, Padding::same())};
  const ConvGeometry g = geometry(c);
  const Tensor<float> x = kernel_values<float>(g.input(), 1),
                      d = kernel_values<float>(g.output(), 2);
  const Tensor<float> filter = kernel_values<float>(filter_shape(c), 3);
  const int before = threads();
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
  set_threads(before);
}

TEST_CASE("convolution: shapes outside the fast paths are refused by them") {
  const Tensor<float> none;
  const ConvGeometry grouped = geometry({1, 4, 4, 4, 4, WindowSpec::square(3), 2});
  CHECK_FALSE(kernels::fast::conv2d_forward(grouped, nullptr, nullptr, nullptr, nullptr));
  WindowSpec window = WindowSpec::square(3, 2);
  window.dilation_y = window.dilation_x = 2;
  const ConvGeometry spread = geometry({1, 9, 9, 4, 4, window});
  CHECK_FALSE(kernels::fast::conv2d_input_gradient(spread, nullptr, nullptr, nullptr));
}

TEST_CASE("convolution: the reference agrees with a matrix product over gathered windows") {
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  WindowSpec uneven{3, 2, 2, 1, 1, 2, Padding::fixed(1, 2, 0, 1)};
  const Case cases[] = {{2, 6, 7, 3, 5, WindowSpec::square(3, 1, Padding::same())},
                        {1, 7, 9, 4, 6, uneven, 2},
                        {1, 8, 8, 2, 3, WindowSpec::square(2, 2)}};
  for (const Case& c : cases) {
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
