#include "integrad/tensor/geometry.h"

#include <doctest/doctest.h>

#include <vector>

#include "integrad/tensor/error.h"

using namespace integrad;

namespace {

// Calls visit(size, kernel, stride, dilation) over a grid of small problems.
template <class Visit>
void for_each_axis(Visit visit) {
  for (std::int32_t size = 1; size <= 12; ++size)
    for (std::int32_t kernel = 1; kernel <= 4; ++kernel)
      for (std::int32_t stride = 1; stride <= 4; ++stride)
        for (std::int32_t dilation = 1; dilation <= 3; ++dilation)
          visit(size, kernel, stride, dilation);
}

// The axis lies along x; along y stands a single point.
WindowSpec along_x(std::int32_t kernel, std::int32_t stride, std::int32_t dilation,
                   Padding padding) {
  return {1, kernel, 1, stride, 1, dilation, padding};
}

// Windows that lie whole within [-before, size + after), placed one by one.
std::int32_t count_windows(std::int32_t size, std::int32_t kernel, std::int32_t stride,
                           std::int32_t dilation, std::int32_t before, std::int32_t after) {
  std::int32_t count = 0;
  for (std::int32_t start = -before; start + (kernel - 1) * dilation < size + after;
       start += stride)
    ++count;
  return count;
}

}  // namespace

TEST_CASE("same padding is TensorFlow's: ceil(size / stride) outputs from the least padding") {
  for_each_axis([](auto size, auto kernel, auto stride, auto dilation) {
    const integrad_window w =
        resolve(along_x(kernel, stride, dilation, Padding::same()), 1, size).x;
    std::int32_t outputs = 0;  // ceil(size / stride), counted
    for (std::int32_t at = 0; at < size; at += stride) ++outputs;
    CHECK(integrad_window_outputs(size, w) == outputs);
    const std::int32_t odd = w.pad_after - w.pad_before, total = w.pad_after + w.pad_before;
    CHECK((odd == 0 || odd == 1));
    if (total > 0) CHECK(count_windows(size, kernel, stride, dilation, 0, total - 1) < outputs);
  });
}

TEST_CASE("valid and fixed padding count the windows that fit") {
  for_each_axis([](auto size, auto kernel, auto stride, auto dilation) {
    const std::int32_t extent = (kernel - 1) * dilation + 1;
    for (std::int32_t before = 0; before < extent; ++before)
      for (std::int32_t after = 0; after < extent; ++after) {
        const Padding padding =
            before + after == 0 ? Padding::valid() : Padding::fixed(0, 0, before, after);
        const std::int32_t expected = count_windows(size, kernel, stride, dilation, before, after);
        const WindowSpec spec = along_x(kernel, stride, dilation, padding);
        if (expected == 0) {
          CHECK_THROWS_AS(resolve(spec, 1, size), Error);
          continue;
        }
        const integrad_window w = resolve(spec, 1, size).x;
        CHECK(w.pad_before == before);
        CHECK(w.pad_after == after);
        CHECK(integrad_window_outputs(size, w) == expected);
      }
  });
}

TEST_CASE("first and end tap enclose exactly the taps inside the image") {
  for_each_axis([](auto size, auto kernel, auto stride, auto dilation) {
    const integrad_window w{kernel, stride, dilation, 0, 0};
    const std::int32_t extent = integrad_window_extent(w);
    CHECK(extent == (kernel - 1) * dilation + 1);
    for (std::int32_t start = -extent - 2; start <= size + 2; ++start) {
      const std::int32_t first = integrad_window_first_tap(start, w);
      const std::int32_t end = integrad_window_end_tap(start, size, w);
      for (std::int32_t tap = 0; tap < kernel; ++tap) {
        const std::int32_t at = start + tap * dilation;
        CHECK((tap >= first && tap < end) == (at >= 0 && at < size));
      }
    }
  });
  CHECK(integrad_window_start(3, {3, 2, 1, 1, 1}) == 5);
}

TEST_CASE("both axes are resolved by their own numbers") {
  const Window2d w = resolve({3, 5, 2, 3, 2, 1, Padding::fixed(1, 2, 3, 4)}, 20, 30);
  CHECK(w.y.kernel == 3);
  CHECK(w.y.stride == 2);
  CHECK(w.y.dilation == 2);
  CHECK(w.y.pad_before == 1);
  CHECK(w.y.pad_after == 2);
  CHECK(w.x.kernel == 5);
  CHECK(w.x.stride == 3);
  CHECK(w.x.dilation == 1);
  CHECK(w.x.pad_before == 3);
  CHECK(w.x.pad_after == 4);
}

TEST_CASE("windows that make no sense are refused with their numbers") {
  CHECK_THROWS_WITH_AS(resolve(WindowSpec::square(0), 4, 4),
                       "a window needs kernel, stride and dilation of at least 1 and an extent of "
                       "at most 65536; got kernel 0, stride 1, dilation 1",
                       Error);
  CHECK_THROWS_AS(resolve(WindowSpec::square(1, 0), 4, 4), Error);
  CHECK_THROWS_AS(resolve({1, 1, 1, 1, 0, 1, {}}, 4, 4), Error);
  CHECK_THROWS_AS(resolve({2000000000, 1, 1, 1, 2000000000, 1, {}}, 4, 4), Error);
  CHECK_THROWS_WITH_AS(resolve(WindowSpec::square(3, 1, Padding::fixed(3)), 9, 9),
                       "padding must be at least 0 and smaller than the window's extent 3; got 3 "
                       "before and 3 after",
                       Error);
  CHECK_THROWS_AS(resolve(WindowSpec::square(3, 1, Padding::fixed(0, -1, 0, 0)), 9, 9), Error);
  CHECK_THROWS_WITH_AS(resolve(WindowSpec::square(5), 9, 4),
                       "the window of extent 5x5 is larger than the padded input of height 9 and "
                       "width 4",
                       Error);
}

TEST_CASE("convolution geometries check their operands") {
  const ConvGeometry g =
      conv2d_geometry({2, 7, 9, 4}, {6, 3, 3, 2}, WindowSpec::square(3, 2, Padding::same()), 2);
  CHECK(g.input() == Shape{2, 7, 9, 4});
  CHECK(g.output() == Shape{2, 4, 5, 6});
  CHECK(g.macs() == 2 * 4 * 5 * 6 * 9 * 2);
  const WindowSpec three = WindowSpec::square(3);
  CHECK_THROWS_AS(conv2d_geometry({2, 7, 9, 4}, {6, 3, 3, 4}, three, 2), Error);
  CHECK_THROWS_AS(conv2d_geometry({2, 7, 9, 4}, {5, 3, 3, 2}, three, 2), Error);
  CHECK_THROWS_AS(conv2d_geometry({2, 7, 9, 4}, {6, 5, 3, 4}, three), Error);
  CHECK_THROWS_AS(conv2d_geometry({2, 7, 9, 4}, {6, 3, 3, 4}, three, 0), Error);
  CHECK_THROWS_AS(conv2d_geometry({7, 9, 4}, {6, 3, 3, 4}, three), Error);
  CHECK_THROWS_AS(conv2d_geometry({0, 7, 9, 4}, {6, 3, 3, 4}, three), Error);

  CHECK(depthwise_geometry({1, 5, 5, 3}, {1, 3, 3, 6}, three).output() == Shape{1, 3, 3, 6});
  CHECK_THROWS_AS(depthwise_geometry({1, 5, 5, 3}, {1, 3, 3, 4}, three), Error);
  CHECK_THROWS_AS(depthwise_geometry({1, 5, 5, 3}, {3, 3, 3, 3}, three), Error);
}

TEST_CASE("a pool's windows all meet the image") {
  CHECK(pool_geometry({1, 5, 5, 3}, WindowSpec::square(3, 2, Padding::fixed(1))).output() ==
        Shape{1, 3, 3, 3});
  // Taps at -2 and 2 of an image of two points.
  const WindowSpec beside{1, 2, 1, 1, 1, 4, Padding::fixed(0, 0, 2, 3)};
  CHECK_THROWS_WITH_AS(pool_geometry({1, 1, 2, 1}, beside),
                       "every pooling window must meet the image; with dilation 1x4 some window on "
                       "the input [1,1,2,1] sees padding only",
                       Error);
}

TEST_CASE("a transposed convolution's side is that which the points reach") {
  for (Index in = 1; in <= 6; ++in)
    for (std::int32_t kernel = 1; kernel <= 4; ++kernel)
      for (std::int32_t stride = 1; stride <= 3; ++stride)
        for (std::int32_t dilation = 1; dilation <= 2; ++dilation)
          for (std::int32_t extra = 0; extra < stride; ++extra) {
            const Shape input{1, 1, in, 2}, filter{5, 1, kernel, 2};
            const WindowSpec spec{1, kernel, stride, stride, 1, dilation, Padding::valid()};
            // The last input point's last tap, counted from 1, and the points asked for beyond.
            const Index reached = (in - 1) * stride + (kernel - 1) * dilation + 1;
            const ConvGeometry g = transposed_geometry(input, filter, spec, extra);
            CHECK(g.input() == Shape{1, 1 + extra, reached + extra, 5});
            CHECK(g.output() == input);

            WindowSpec same = spec;
            same.padding = Padding::same();
            CHECK(transposed_geometry(input, filter, same).input() ==
                  Shape{1, stride, in * stride, 5});
          }
  const ConvGeometry cropped = transposed_geometry(
      {2, 4, 5, 3}, {7, 3, 3, 3}, WindowSpec::square(3, 2, Padding::fixed(1, 0, 1, 1)));
  CHECK(cropped.input() == Shape{2, 8, 9, 7});
}

TEST_CASE("transposed convolutions that do not invert are refused") {
  const Shape input{1, 4, 4, 3};
  const Shape filter{2, 3, 3, 3};
  const WindowSpec two = WindowSpec::square(3, 2);
  CHECK_THROWS_WITH_AS(transposed_geometry(input, filter, two, 2),
                       "output padding must be at least 0 and smaller than the stride; got 2",
                       Error);
  CHECK_THROWS_AS(transposed_geometry(input, filter, two, -1), Error);
  CHECK_THROWS_AS(transposed_geometry(input, {2, 3, 3, 4}, two), Error);
  CHECK_THROWS_AS(transposed_geometry({4, 4, 3}, filter, two), Error);
  CHECK_THROWS_WITH_AS(
      transposed_geometry({1, 1, 1, 3}, filter, WindowSpec::square(3, 1, Padding::fixed(2))),
      "transposed convolution leaves no output; input [1,1,1,3], filter [2,3,3,3]", Error);
  // Padding at both bounds of its type must not wrap around.
  constexpr std::int32_t kMost = 2147483647;
  CHECK_THROWS_AS(
      transposed_geometry(input, filter, WindowSpec::square(3, 1, Padding::fixed(kMost))), Error);
  CHECK_THROWS_AS(
      transposed_geometry(input, filter, WindowSpec::square(3, 1, Padding::fixed(-kMost))), Error);
}

TEST_CASE("what max pooling and unpooling add to a window's rules") {
  require_winners_fit_a_byte(WindowSpec::square(16));
  CHECK_THROWS_WITH_AS(
      require_winners_fit_a_byte({1, 257, 1, 1, 1, 1, {}}),
      "max pooling keeps a winner in one byte, so a window has at most 256 points; got 1x257",
      Error);
  require_disjoint_windows({2, 3, 3, 3, 2, 1, {}});
  CHECK_THROWS_WITH_AS(require_disjoint_windows({2, 2, 2, 2, 1, 2, {}}),
                       "max unpooling needs windows that do not overlap; extent 2x3, stride 2x2",
                       Error);
}
