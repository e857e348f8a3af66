#include <doctest/doctest.h>

#include "integrad/autograd/ops/resize2d.h"
#include "integrad/tests/support/tensors.h"

using namespace integrad;

namespace {

constexpr ResizeOptions kPlain{}, kCorners{.align_corners = true},
    kCentres{.half_pixel_centers = true};

Tensor<double> row(std::initializer_list<double> values) {
  return Tensor<double>(Shape{1, 1, static_cast<Index>(values.size()), 1}, values);
}

Tensor<double> nearest(const Tensor<double>& x, Index height, Index width, ResizeOptions options) {
  Tape<double> tape;
  return tape.value(resize_nearest2d(tape, tape.constant(x), height, width, options));
}

Tensor<double> bilinear(const Tensor<double>& x, Index height, Index width, ResizeOptions options) {
  Tape<double> tape;
  return tape.value(resize_bilinear2d(tape, tape.constant(x), height, width, options));
}

}  // namespace

TEST_CASE("nearest resizing chooses TensorFlow Lite's points") {
  check_equal(nearest(row({1, 2, 3}), 1, 6, kPlain), row({1, 1, 2, 2, 3, 3}));
  check_equal(nearest(row({1, 2, 3}), 1, 5, kPlain), row({1, 1, 2, 2, 3}));
  // Positions 0, 0.5, 1, 1.5, 2: a half goes up.
  check_equal(nearest(row({1, 2, 3}), 1, 5, kCorners), row({1, 2, 2, 3, 3}));
  // Positions 0.3, 0.9, 1.5, 2.1, 2.7, rounded down.
  check_equal(nearest(row({1, 2, 3}), 1, 5, kCentres), row({1, 1, 2, 3, 3}));
  // Down: 0, 1.67, 3.33; corners 0, 2, 4; centres 0.83, 2.5, 4.17.
  check_equal(nearest(row({1, 2, 3, 4, 5}), 1, 3, kPlain), row({1, 2, 4}));
  check_equal(nearest(row({1, 2, 3, 4, 5}), 1, 3, kCorners), row({1, 3, 5}));
  check_equal(nearest(row({1, 2, 3, 4, 5}), 1, 3, kCentres), row({1, 3, 5}));
}

TEST_CASE("bilinear resizing interpolates at TensorFlow Lite's positions") {
  check_equal(bilinear(row({0, 4}), 1, 4, kPlain), row({0, 2, 4, 4}));
  check_equal(bilinear(row({0, 4}), 1, 5, kCorners), row({0, 1, 2, 3, 4}));
  check_equal(bilinear(row({0, 4}), 1, 4, kCentres), row({0, 1, 3, 4}));
  check_equal(bilinear(row({0, 4, 8, 12}), 1, 2, kCentres), row({2, 10}));
  check_equal(bilinear(row({0, 4, 8, 12}), 1, 1, kCorners), row({0}));
  // Both axes: the corners, the middles of the edges, the middle.
  check_equal(bilinear(Tensor<double>(Shape{1, 2, 2, 1}, {0, 4, 8, 16}), 3, 3, kCorners),
              Tensor<double>(Shape{1, 3, 3, 1}, {0, 2, 4, 4, 7, 10, 8, 12, 16}));
}

TEST_CASE("resizing keeps constants, and planes between aligned corners") {
  const Tensor<double> constant(Shape{2, 5, 3, 4}, 3.25);
  for (const ResizeOptions& options : {kPlain, kCorners, kCentres})
    for (const auto& [height, width] : {std::pair<Index, Index>{7, 11}, {2, 2}, {5, 3}, {1, 9}}) {
      check_equal(bilinear(constant, height, width, options),
                  Tensor<double>(Shape{2, height, width, 4}, 3.25));
      check_equal(nearest(constant, height, width, options),
                  Tensor<double>(Shape{2, height, width, 4}, 3.25));
    }
  const auto plane = [](Index height, Index width) {
    Tensor<double> values(Shape{1, height, width, 1});
    for (Index y = 0; y < height; ++y)
      for (Index x = 0; x < width; ++x)
        values(0, y, x, 0) = 1 + 6.0 * static_cast<double>(y) / static_cast<double>(height - 1) -
                             4.0 * static_cast<double>(x) / static_cast<double>(width - 1);
    return values;
  };
  CHECK(largest_error(bilinear(plane(4, 3), 9, 8, kCorners), plane(9, 8)) < 1e-6);
}

TEST_CASE("a resize's gradient hands every cotangent on") {
  const Tensor<double> image = normal_tensor<double>({2, 6, 5, 3}, 1);
  for (const ResizeOptions& options : {kPlain, kCorners, kCentres})
    for (const bool smooth : {false, true}) {
      Tape<double> tape;
      const Var x = tape.leaf(image);
      const Var y = smooth ? resize_bilinear2d(tape, x, 4, 11, options)
                           : resize_nearest2d(tape, x, 4, 11, options);
      const Tensor<double> d = normal_tensor<double>(tape.shape(y), 2);
      // <y, d> = <x, dx>, since resizing is linear; and weights of an output sum to 1.
      double forward = 0, given = 0, backward = 0, received = 0;
      for (Index i = 0; i < d.size(); ++i) {
        forward += tape.value(y)[i] * d[i];
        given += d[i];
      }
      tape.backward(y, d);
      const Tensor<double> dx = tape.gradient(x);
      for (Index i = 0; i < dx.size(); ++i) {
        backward += image[i] * dx[i];
        received += dx[i];
      }
      CHECK(forward == doctest::Approx(backward).epsilon(1e-12));
      CHECK(given == doctest::Approx(received).epsilon(1e-12));
    }
}

TEST_CASE("resizing gives the same bits for any number of threads") {
  for (const bool smooth : {false, true})
    check_same_bits_for_any_threads([&] {
      Tape<float> tape;
      const Var x = tape.leaf(normal_tensor<float>({2, 37, 41, 19}, 3));
      const Var y = smooth ? resize_bilinear2d(tape, x, 53, 29, kCentres)
                           : resize_nearest2d(tape, x, 53, 29, kCentres);
      tape.backward(y, normal_tensor<float>(tape.shape(y), 4));
      return std::vector{tape.value(y), tape.gradient(x)};
    });
}

TEST_CASE("resizing says why it refuses") {
  Tape<float> tape;
  const Var x = tape.constant(Tensor<float>(Shape{1, 2, 2, 1}));
  CHECK_THROWS_WITH_AS(resize_nearest2d(tape, x, 2, 2, {true, true}),
                       "resizing takes align_corners or half_pixel_centers, not both", Error);
  CHECK_THROWS_WITH_AS(resize_bilinear2d(tape, x, 0, 2),
                       "resizing needs an output of at least 1x1 and sides below 2^24; got 0x2",
                       Error);
  CHECK_THROWS_AS(resize_bilinear2d(tape, x, 2, Index{1} << 24), Error);
  CHECK_THROWS_AS(resize_nearest2d(tape, tape.constant(Tensor<float>(Shape{4})), 2, 2), Error);
}
