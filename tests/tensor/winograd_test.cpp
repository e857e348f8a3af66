#include "integrad/tensor/kernels/winograd.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/kernels/convolution_norm.h"
#include "integrad/tensor/kernels/fast.h"
#include "integrad/tests/support/float_conv_case.h"

using namespace integrad;
using namespace integrad::testing;

namespace {
// Mostly of channels and widths that Winograd takes, some just below.
FloatConvCase any_padding(Draw& draw) {
  FloatConvCase c;
  c.window = WindowSpec::square(
      3, 1, Padding::fixed(draw.below(3), draw.below(3), draw.below(3), draw.below(3)));
  c.batch = 1 + draw.below(3);
  c.height = draw.height(c.window, 9);
  c.width = 14 + draw.below(40);       // too narrow below 16 outputs
  c.in_channels = 7 + draw.below(12);  // 7: one at a time
  c.out_channels = 7 + draw.below(30);
  return c;
}
}  // namespace

TEST_CASE("convolution: fours and pairs of rows give the reference's bits for every padding") {
  Draw draw(12);
  int pairs = 0;
  for (std::uint64_t i = 0; i < 80; ++i) {
    const FloatConvCase c = any_padding(draw);
    pairs += kernels::is_winograd(geometry(c));
    check_same_bits(c, 2000 + i);
  }
  CHECK(pairs > 50);
}

// Bands of a filter gradient (bands.h) that begin with a pair's lower row or end with its upper
// one.
TEST_CASE("convolution: pairs of rows that a band or an image cuts give the reference's bits") {
  for (Index height : {1, 2, 3, 9})
    for (Index batch : {1, 3}) {
      const FloatConvCase c{batch, height, 20, 8, 9, WindowSpec::square(3, 1, Padding::same())};
      REQUIRE(kernels::is_winograd(geometry(c)));
      check_same_bits(c, static_cast<std::uint64_t>(2100 + 10 * batch + height));
    }
  // Of three images of nine rows each, the fourth band begins with the second's row 3.
  CHECK(kernels::band_rows(27, (9 * 8 + 1) * 9) == 4);
}

// A lower row's sums are kept for it only while the upper row is the last that was computed.
TEST_CASE("convolution: rows of a pair can be computed alone and in any order") {
  const Settings settings;
  const FloatConvCase c{2, 5, 37, 17, 20, WindowSpec::square(3, 1, Padding::same())};
  const ConvGeometry g = geometry(c);
  const Tensor<float> x = kernel_values<float>(g.input(), 1);
  const Tensor<float> filter = kernel_values<float>(filter_shape(c), 2);
  Tensor<float> expected(g.output());
  kernels::reference::conv2d_forward<float>(g, x.data(), filter.data(), nullptr, expected.data());
  for_each_isa(1, [&] {
    const auto packed =
        kernels::fast::pack_forward(kernels::Convolution::full, g, filter.data(), nullptr);
    REQUIRE(packed.size() == 1);
    kernels::fast::PassRows rows(packed.front());
    const Index in_row = Index{g.in_width} * g.in_channels;
    const Index out_row = Index{g.out_width} * g.out_channels;
    const std::pair<Index, Index> order[] = {{0, 3}, {0, 0}, {0, 1}, {0, 1}, {0, 2}, {1, 3},
                                             {1, 4}, {0, 1}, {0, 4}, {1, 0}, {1, 1}, {0, 2},
                                             {0, 1}, {0, 3}, {1, 0}, {0, 1}};
    for (const std::pair<Index, Index>& place : order) {
      const Index image = place.first, row = place.second;
      CAPTURE(image);
      CAPTURE(row);
      const kernels::fast::Reach r = kernels::fast::reach(g.window.y, row, g.in_height);
      const Index line = image * g.out_height + row;
      std::vector<float> y(static_cast<std::size_t>(out_row));
      kernels::Upcoming nothing;
      rows.row(image, row, r, {x.data() + (image * g.in_height + r.begin) * in_row, in_row},
               nothing, {y.data()});
      CHECK(std::equal(y.begin(), y.end(), expected.data() + line * out_row));
    }
  });
}

// A plain convolution takes no part in it, so that integers stay integers.
TEST_CASE("convolution: plain sums of integers are exact") {
  const Settings settings;
  FloatConvCase c{1, 4, 18, 12, 16, WindowSpec::square(3, 1, Padding::same())};
  ConvGeometry g = geometry(c);
  REQUIRE(kernels::is_winograd(g));
  g.plain = true;
  const Random random(5, 1);
  Tensor<float> x(g.input()), filter(filter_shape(c));
  for (Index i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(random.below(static_cast<std::uint64_t>(i), 256));
  for (Index i = 0; i < filter.size(); ++i)
    filter[i] = static_cast<float>(random.below(static_cast<std::uint64_t>(1000 + i), 255)) - 127;
  const auto wide_x = x.cast<double>(), wide_filter = filter.cast<double>();
  for_each_isa(1, [&] {
    Tensor<float> y(g.output());
    Tensor<double> exact(g.output());
    kernels::conv2d_forward<float>(g, x.data(), filter.data(), nullptr, y.data());
    kernels::conv2d_forward<double>(g, wide_x.data(), wide_filter.data(), nullptr, exact.data());
    bool same = true;
    for (Index i = 0; i < y.size(); ++i) same &= static_cast<double>(y[i]) == exact[i];
    CHECK(same);
    CHECK(std::floor(exact[17]) == exact[17]);
  });
}

// More channels than a group has, more fours than a chunk of a filter gradient and than a tile.
TEST_CASE("convolution: fours of long rows give the reference's bits") {
  for (Index width : {47, 48, 49, 50, 51, 131, 255, 257, 270})
    check_same_bits({1, 4, width, 33, 24, WindowSpec::square(3, 1, Padding::same())},
                    static_cast<std::uint64_t>(3000 + width));
}

// How many that is depends on the machine's caches; no bit does.
TEST_CASE("convolution: filter gradients have the same bits whatever fours go together") {
  const Settings settings;
  const FloatConvCase c{1, 3, 107, 17, 20, WindowSpec::square(3, 1, Padding::same())};
  const ConvGeometry g = geometry(c);
  const Tensor<float> x = kernel_values<float>(g.input(), 1),
                      d = kernel_values<float>(g.output(), 2);
  Tensor<float> expected(filter_shape(c)), expected_bias({c.out_channels});
  kernels::reference::conv2d_filter_gradient<float>(g, x.data(), d.data(), expected.data(),
                                                    expected_bias.data());
  const Index in_row = Index{g.in_width} * g.in_channels;
  const Index out_row = Index{g.out_width} * g.out_channels;
  for_each_isa(1, [&] {
    for (const Index chunk : {1, 2, 10, 26, 27, 64}) {
      CAPTURE(chunk);
      auto packed = kernels::fast::pack_filter_gradient(kernels::Convolution::full, g, true);
      REQUIRE((packed.winograd && packed.band() >= g.out_height));
      packed.c.chunk = chunk;
      std::vector<float> total(static_cast<std::size_t>(packed.size()));
      kernels::fast::GradientRows rows(packed);
      for (Index row = 0; row < g.out_height; ++row) {
        const kernels::fast::Reach r = kernels::fast::reach(g.window.y, row, g.in_height);
        kernels::Upcoming nothing;
        rows.add(row, row + 1 == g.out_height, r, {x.data() + r.begin * in_row, in_row},
                 d.data() + row * out_row, nullptr, total.data(), nothing);
      }
      for (float& sum : total) sum += 0.0f;
      Tensor<float> filter(filter_shape(c)), bias({c.out_channels});
      packed.unpack(total.data(), filter.data(), bias.data());
      CHECK(first_difference(filter, expected) == -1);
      CHECK(first_difference(bias, expected_bias) == -1);
    }
  });
}

// The rows of a pair's cotangent may still be there for the lower one, or not: that depends on how
// far the input's gradient reads, so on the padding, and on whether it is wanted.
TEST_CASE("gradients of rows that are made as they are needed have the plain loops' bits") {
  const Settings settings;
  Draw draw(31);
  int pairs = 0;
  for (std::uint64_t i = 0; i < 80; ++i) {
    FloatConvCase c = any_padding(draw);
    if (i % 2 == 0) c.out_channels = 16;  // whole vectors, which are read as they lie
    const ConvGeometry g = geometry(c);
    pairs += kernels::is_winograd(g);
    CAPTURE(i);
    const Tensor<float> x = kernel_values<float>(g.input(), 1),
                        d = kernel_values<float>(g.output(), 2),
                        filter = kernel_values<float>(filter_shape(c), 3);
    Tensor<float> expected(filter_shape(c)), expected_bias({c.out_channels}), expected_x(g.input());
    kernels::reference::conv2d_filter_gradient<float>(g, x.data(), d.data(), expected.data(),
                                                      expected_bias.data());
    kernels::reference::conv2d_input_gradient<float>(g, d.data(), filter.data(), expected_x.data());
    const auto source = kernels::stored_lines<float>(kernels::Lines::of(g.input()), {x.data()});
    const auto cotangent = kernels::stored_lines<float>(kernels::Lines::of(g.output()), {d.data()});
    for_each_isa(i, [&] {
      Tensor<float> dfilter(filter_shape(c)), dbias({c.out_channels}), dx(g.input());
      for (const bool wants_x : {true, false}) {
        CAPTURE(wants_x);
        kernels::InputGradient<float> into;
        if (wants_x) into.dx = {dx.data()};
        kernels::convolution_gradients<float>(kernels::Convolution::full, g, source, filter.data(),
                                              cotangent, into, dfilter.data(), dbias.data());
        CHECK(first_difference(dfilter, expected) == -1);
        CHECK(first_difference(dbias, expected_bias) == -1);
      }
      CHECK(first_difference(dx, expected_x) == -1);
    });
  }
  CHECK(pairs >= 60);
}

// What sums and differences of points cost: root mean squares of what a convolution of 64 channels
// comes to in float, beside double.
TEST_CASE("convolution: four outputs at a time are nearly as exact as single ones") {
  const Settings settings;
  const FloatConvCase fours{1, 6, 30, 64, 16, WindowSpec::square(3, 1, Padding::same())};
  const ConvGeometry g = geometry(fours);
  REQUIRE(kernels::is_winograd(g));
  ConvGeometry single = g;
  single.plain = true;
  REQUIRE(!kernels::is_winograd(single));
  const Tensor<float> x = kernel_values<float>(g.input(), 1);
  const Tensor<float> filter = kernel_values<float>(filter_shape(fours), 2);
  const Tensor<float> d = kernel_values<float>(g.output(), 3);
  const Tensor<double> wide_x = x.cast<double>(), wide_filter = filter.cast<double>();
  const Tensor<double> wide_d = d.cast<double>();
  const auto errors = [&](const ConvGeometry& of) {
    Tensor<float> y(of.output()), dx(of.input()), dw(filter.shape());
    Tensor<double> wide_y(of.output()), wide_dx(of.input()), wide_dw(filter.shape());
    kernels::conv2d_forward<float>(of, x.data(), filter.data(), nullptr, y.data());
    kernels::conv2d_forward<double>(of, wide_x.data(), wide_filter.data(), nullptr, wide_y.data());
    kernels::conv2d_input_gradient(of, d.data(), filter.data(), dx.data());
    kernels::conv2d_input_gradient(of, wide_d.data(), wide_filter.data(), wide_dx.data());
    kernels::conv2d_filter_gradient<float>(of, x.data(), d.data(), dw.data(), nullptr);
    kernels::conv2d_filter_gradient<double>(of, wide_x.data(), wide_d.data(), wide_dw.data(),
                                            nullptr);
    const auto error = [](const Tensor<float>& got, const Tensor<double>& exact) {
      double squares = 0, all = 0;
      for (Index i = 0; i < got.size(); ++i) {
        const double difference = static_cast<double>(got[i]) - exact[i];
        squares += difference * difference;
        all += exact[i] * exact[i];
      }
      return std::sqrt(squares / all);
    };
    return std::array<double, 3>{error(y, wide_y), error(dx, wide_dx), error(dw, wide_dw)};
  };
  const auto of_fours = errors(g), of_single = errors(single);
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    MESSAGE("relative error of fours ", of_fours[i], ", of single outputs ", of_single[i]);
    CHECK(of_fours[i] < 3 * of_single[i]);
    CHECK(of_fours[i] < 1e-6);
  }
}
