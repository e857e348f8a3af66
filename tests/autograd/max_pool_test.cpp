#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "integrad/autograd/ops/max_pool2d.h"
#include "integrad/tests/support/tensors.h"

using namespace integrad;

TEST_CASE("max pool finds the largest point of each window and where it stands") {
  Tape<float> tape;
  // Two channels, interleaved; the second falls where the first rises.
  const Var x = tape.leaf(
      Tensor<float>(Shape{1, 2, 4, 2}, {1, -1, 2, -2, 5, -5, 3, -3, 4, -4, 0, 0, 6, -6, 8, -8}));
  const auto [y, winners] = max_pool2d(tape, x, WindowSpec::square(2, 2));
  check_equal(tape.value(y), Tensor<float>(Shape{1, 1, 2, 2}, {4, 0, 8, -3}));
  check_equal(winners->taps, Tensor<std::uint8_t>(Shape{1, 1, 2, 2}, {2, 3, 3, 1}));

  tape.backward(y, Tensor<float>(Shape{1, 1, 2, 2}, {10, 20, 30, 40}));
  check_equal(tape.gradient(x), Tensor<float>(Shape{1, 2, 4, 2}, {0, 0, 0, 0, 0, 0, 0, 40, 10, 0, 0,
                                                                  20, 0, 0, 30, 0}));
}

TEST_CASE("the first of equal maxima wins") {
  Tape<double> tape;
  const Var x = tape.leaf(Tensor<double>(Shape{1, 2, 4, 1}, {0, 7, -0.0, 0.0, 7, 7, 0.0, -0.0}));
  const auto [y, winners] = max_pool2d(tape, x, WindowSpec::square(2, 2));
  check_equal(winners->taps, Tensor<std::uint8_t>(Shape{1, 1, 2, 1}, {1, 0}));
}

TEST_CASE("a NaN beats every number and the first NaN wins") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  Tape<float> tape;
  const Var x = tape.leaf(Tensor<float>(Shape{1, 2, 6, 1}, {nan, 1, 2, nan, -inf, -inf,  //
                                                            inf, nan, inf, nan, -inf, -inf}));
  const auto [y, winners] = max_pool2d(tape, x, WindowSpec::square(2, 2));
  CHECK(std::isnan(tape.value(y)[0]));
  CHECK(std::isnan(tape.value(y)[1]));
  CHECK(tape.value(y)[2] == -inf);
  check_equal(winners->taps, Tensor<std::uint8_t>(Shape{1, 1, 3, 1}, {0, 1, 0}));
}

TEST_CASE("padding never wins, even against negative values") {
  Tape<float> tape;
  const Var x = tape.leaf(Tensor<float>(Shape{1, 2, 2, 1}, {-4, -3, -2, -1}));
  const auto [y, winners] = max_pool2d(tape, x, WindowSpec::square(3, 2, Padding::fixed(1)));
  check_equal(tape.value(y), Tensor<float>(Shape{1, 1, 1, 1}, {-1}));
  CHECK(winners->taps[0] == 8);
}

TEST_CASE("overlapping windows add up in the winner's gradient") {
  Tape<double> tape;
  const Var x = tape.leaf(Tensor<double>(Shape{1, 1, 4, 1}, {1, 9, 2, 3}));
  const Var y = max_pool2d(tape, x, WindowSpec{1, 2, 1, 1, 1, 1, {}}).y;
  tape.backward(y, Tensor<double>(Shape{1, 1, 3, 1}, {1, 10, 100}));
  check_equal(tape.gradient(x), Tensor<double>(Shape{1, 1, 4, 1}, {0, 11, 0, 100}));
}

TEST_CASE("pool of unpool is the identity, and unpool keeps the maxima where they stood") {
  // Sides that the stride does not divide: the last row and column lie in no window.
  const Shape shape{2, 7, 5, 70};
  Tape<float> tape;
  Tensor<float> positive = normal_tensor<float>(shape, 1);
  for (float& v : positive) v = std::fabs(v) + 0.5f;
  const Var x = tape.constant(positive);
  const auto [y, winners] = max_pool2d(tape, x, WindowSpec::square(2, 2));
  const Var spread = max_unpool2d(tape, y, winners);
  check_equal(tape.value(max_pool2d(tape, spread, WindowSpec::square(2, 2)).y), tape.value(y));

  Index kept = 0;
  for (Index i = 0; i < positive.size(); ++i) {
    const float v = tape.value(spread)[i];
    CHECK((v == 0 || v == positive[i]));
    kept += v != 0;
  }
  CHECK(tape.shape(spread) == shape);
  CHECK(kept == tape.shape(y).elements());
  for (Index c = 0; c < 70; ++c) CHECK(tape.value(spread)(1, 6, 4, c) == 0);
}

TEST_CASE("unpool's gradient picks the cotangent at the winners") {
  Tape<double> tape;
  const Var x = tape.constant(Tensor<double>(Shape{1, 2, 5, 1}, {1, 2, 5, 3, 9, 4, 0, 6, 8, 9}));
  const auto pool = max_pool2d(tape, x, WindowSpec::square(2, 2));
  const Var small = tape.leaf(Tensor<double>(Shape{1, 1, 2, 1}, {-1, -2}));
  const Var y = max_unpool2d(tape, small, pool.winners);
  check_equal(tape.value(y), Tensor<double>(Shape{1, 2, 5, 1}, {0, 0, 0, 0, 0, -1, 0, 0, -2, 0}));
  tape.backward(y, Tensor<double>(Shape{1, 2, 5, 1}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  check_equal(tape.gradient(small), Tensor<double>(Shape{1, 1, 2, 1}, {5, 8}));
}

TEST_CASE("pools say why they refuse") {
  Tape<float> tape;
  const Var x = tape.constant(Tensor<float>(Shape{1, 20, 20, 1}));
  CHECK_THROWS_WITH_AS(max_pool2d(tape, x, WindowSpec::square(17, 1)),
                       "max pooling keeps a winner in one byte, so a window has at most 256 "
                       "points; got 17x17",
                       Error);
  const auto overlapping = max_pool2d(tape, x, WindowSpec::square(3, 2));
  CHECK_THROWS_WITH_AS(max_unpool2d(tape, overlapping.y, overlapping.winners),
                       "max unpooling needs windows that do not overlap; extent 3x3, stride 2x2",
                       Error);
  const auto pool = max_pool2d(tape, x, WindowSpec::square(2, 2));
  CHECK_THROWS_WITH_AS(
      max_unpool2d(tape, x, pool.winners),
      "max unpooling needs the shape of the pool's output [1,10,10,1]; got [1,20,20,1]", Error);
  CHECK_THROWS_AS(max_unpool2d(tape, pool.y, nullptr), Error);
  // Two taps, one on each side of the image: no point for a maximum.
  const Var thin = tape.constant(Tensor<float>(Shape{1, 2, 9, 1}));
  const WindowSpec straddle{.kernel_y = 2, .dilation_y = 3, .padding = Padding::fixed(2, 2, 0, 0)};
  CHECK_THROWS_WITH_AS(max_pool2d(tape, thin, straddle),
                       "every pooling window must meet the image; with dilation 3x1 some window on "
                       "the input [1,2,9,1] sees padding only",
                       Error);
}

TEST_CASE("a window of 256 points still fits the winner's byte") {
  Tensor<float> image(Shape{1, 16, 16, 1});
  image[255] = 1;
  Tape<float> tape;
  const auto [y, winners] = max_pool2d(tape, tape.constant(image), WindowSpec::square(16, 16));
  CHECK(winners->taps[0] == 255);
  CHECK(tape.value(max_unpool2d(tape, y, winners))[255] == 1);
}

TEST_CASE("pooling agrees with a direct search for any window, whatever the threads") {
  const WindowSpec specs[] = {WindowSpec::square(2, 2),
                              WindowSpec::square(3, 2, Padding::same()),
                              {3, 2, 1, 3, 2, 1, Padding::fixed(1, 2, 1, 0)}};
  const Shape shape{2, 9, 23, 67};  // more rows than one chunk, more channels than one block
  const Tensor<float> image = normal_tensor<float>(shape, 3);
  for (const WindowSpec& spec : specs) {
    const auto run = [&] {
      Tape<float> tape;
      const Var x = tape.leaf(image);
      const auto [y, winners] = max_pool2d(tape, x, spec);
      tape.backward(y, normal_tensor<float>(tape.shape(y), 4));
      return std::vector{tape.value(y), tape.gradient(x)};
    };
    check_same_bits_for_any_threads(run);

    const Window2d w = resolve(spec, shape.height(), shape.width());
    const Tensor<float> pooled = run()[0], d = normal_tensor<float>(pooled.shape(), 4);
    Tensor<float> y(pooled.shape()), dx(shape);
    for (Index n = 0; n < 2; ++n)
      for (Index oy = 0; oy < y.shape().height(); ++oy)
        for (Index ox = 0; ox < y.shape().width(); ++ox)
          for (Index c = 0; c < shape.channels(); ++c) {
            float best = -1e9f;
            Index at = -1;
            for (Index ky = 0; ky < w.y.kernel; ++ky)
              for (Index kx = 0; kx < w.x.kernel; ++kx) {
                const Index iy = oy * w.y.stride - w.y.pad_before + ky * w.y.dilation;
                const Index ix = ox * w.x.stride - w.x.pad_before + kx * w.x.dilation;
                if (iy < 0 || iy >= shape.height() || ix < 0 || ix >= shape.width()) continue;
                if (image(n, iy, ix, c) <= best) continue;
                best = image(n, iy, ix, c);
                at = image.offset(n, iy, ix, c);
              }
            y(n, oy, ox, c) = best;
            dx[at] += d(n, oy, ox, c);
          }
    CHECK(same_bits(pooled, y));
    CHECK(same_bits(run()[1], dx));
  }
}
