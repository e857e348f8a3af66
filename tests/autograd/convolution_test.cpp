#include <doctest/doctest.h>

#include "integrad/autograd/ops/arithmetic.h"
#include "integrad/autograd/ops/conv2d.h"
#include "integrad/autograd/ops/depthwise_conv2d.h"
#include "integrad/autograd/ops/transposed_conv2d.h"
#include "integrad/tests/support/tensors.h"

using namespace integrad;

TEST_CASE("depthwise convolution is the convolution with one group per channel") {
  // Filter [1,kh,kw,o] against [o,kh,kw,1]; output channel o reads input channel o / 2.
  const Index channels = 3, multiplier = 2, outputs = channels * multiplier;
  const WindowSpec window{3, 2, 2, 1, 1, 2, Padding::fixed(1, 0, 1, 2)};
  const Tensor<double> filter = normal_tensor<double>({1, 3, 2, outputs}, 1);
  Tensor<double> grouped(Shape{outputs, 3, 2, 1});
  for (Index tap = 0; tap < 6; ++tap)
    for (Index o = 0; o < outputs; ++o) grouped[o * 6 + tap] = filter[tap * outputs + o];

  Tape<double> tape;
  const Var x = tape.leaf(normal_tensor<double>({2, 7, 5, channels}, 2));
  const Var bias = tape.leaf(normal_tensor<double>({outputs}, 3));
  const Var f = tape.leaf(filter);
  const Var y = depthwise_conv2d(tape, x, f, bias, window);

  Tape<double> other;
  const Var ox = other.leaf(normal_tensor<double>({2, 7, 5, channels}, 2));
  const Var obias = other.leaf(normal_tensor<double>({outputs}, 3));
  const Var of = other.leaf(grouped);
  const Var oy = conv2d(other, ox, of, obias, window, channels);
  CHECK(largest_error(tape.value(y), other.value(oy)) < 1e-14);

  const Tensor<double> cotangent = normal_tensor<double>(tape.shape(y), 4);
  tape.backward(y, cotangent);
  other.backward(oy, cotangent);
  CHECK(largest_error(tape.gradient(x), other.gradient(ox)) < 1e-14);
  CHECK(largest_error(tape.gradient(bias), other.gradient(obias)) < 1e-14);
  Tensor<double> dfilter(filter.shape());
  for (Index tap = 0; tap < 6; ++tap)
    for (Index o = 0; o < outputs; ++o)
      dfilter[tap * outputs + o] = other.gradient(of)[o * 6 + tap];
  CHECK(largest_error(tape.gradient(f), dfilter) < 1e-14);
}

TEST_CASE("transposed convolution lays down its filter at every input point") {
  Tape<double> tape;
  const Var x = tape.leaf(Tensor<double>(Shape{1, 1, 2, 1}, {1, 10}));
  const Var filter = tape.leaf(Tensor<double>(Shape{1, 2, 3, 1}, {1, 2, 3, 4, 5, 6}));
  const Var bias = tape.leaf(Tensor<double>(Shape{1}, {100}));
  const Var y = transposed_conv2d(tape, x, filter, bias, {2, 3, 2, 2, 1, 1, {}});
  check_equal(tape.value(y), Tensor<double>(Shape{1, 2, 5, 1},
                                            {101, 102, 113, 120, 130, 104, 105, 146, 150, 160}));
  tape.backward(y, Tensor<double>(Shape{1, 2, 5, 1}, {1, 0, 0, 0, 0, 0, 0, 0, 0, 2}));
  check_equal(tape.gradient(x), Tensor<double>(Shape{1, 1, 2, 1}, {1, 12}));
  check_equal(tape.gradient(filter), Tensor<double>(Shape{1, 2, 3, 1}, {1, 0, 0, 0, 0, 20}));
  check_equal(tape.gradient(bias), Tensor<double>(Shape{1}, {3}));
}

TEST_CASE("transposed convolution agrees with a direct scatter") {
  struct Row {
    WindowSpec window;
    std::int32_t output_padding;
    Index height, width;  // expected output
  };
  const Row rows[] = {{WindowSpec::square(2, 2), 0, 6, 8},
                      {WindowSpec::square(3, 2, Padding::fixed(1)), 1, 6, 8},
                      {WindowSpec::square(4, 2, Padding::fixed(1)), 0, 6, 8},
                      {WindowSpec::square(3, 2, Padding::same()), 0, 6, 8},
                      {WindowSpec::square(3, 2), 0, 7, 9},
                      {{2, 3, 3, 1, 1, 2, Padding::fixed(0, 1, 2, 1)}, 0, 7, 5}};
  const Tensor<double> image = normal_tensor<double>({2, 3, 4, 3}, 5);
  for (const Row& row : rows) {
    CAPTURE(row.height);
    const Shape filter_shape{2, row.window.kernel_y, row.window.kernel_x, 3};
    const Tensor<double> filter = normal_tensor<double>(filter_shape, 6);
    Tape<double> tape;
    const Var y = transposed_conv2d(tape, tape.constant(image), tape.constant(filter), Var{},
                                    row.window, row.output_padding);
    Tensor<double> want(Shape{2, row.height, row.width, 2});
    const Window2d w = resolve(row.window, row.height, row.width);
    for (Index n = 0; n < 2; ++n)
      for (Index iy = 0; iy < 3; ++iy)
        for (Index ix = 0; ix < 4; ++ix)
          for (Index ky = 0; ky < w.y.kernel; ++ky)
            for (Index kx = 0; kx < w.x.kernel; ++kx) {
              const Index oy = iy * w.y.stride - w.y.pad_before + ky * w.y.dilation;
              const Index ox = ix * w.x.stride - w.x.pad_before + kx * w.x.dilation;
              if (oy < 0 || oy >= row.height || ox < 0 || ox >= row.width) continue;
              for (Index o = 0; o < 2; ++o)
                for (Index c = 0; c < 3; ++c)
                  want(n, oy, ox, o) += image(n, iy, ix, c) * filter(o, ky, kx, c);
            }
    CHECK(largest_error(tape.value(y), want) < 1e-14);
  }
}

TEST_CASE("transposed and depthwise convolution give the same bits for any number of threads") {
  check_same_bits_for_any_threads([] {
    Tape<float> tape;
    const Var x = tape.leaf(normal_tensor<float>({2, 17, 19, 6}, 7));
    const Var first = tape.leaf(normal_tensor<float>({5, 3, 3, 6}, 8));
    const Var second = tape.leaf(normal_tensor<float>({1, 3, 3, 5}, 9));
    const Var bias = tape.leaf(normal_tensor<float>({5}, 10));
    const WindowSpec window = WindowSpec::square(3, 2, Padding::same());
    const Var y = depthwise_conv2d(tape, transposed_conv2d(tape, x, first, bias, window), second,
                                   bias, window);
    tape.backward(y, normal_tensor<float>(tape.shape(y), 11));
    return std::vector{tape.value(y), tape.gradient(x), tape.gradient(first), tape.gradient(second),
                       tape.gradient(bias)};
  });
}

TEST_CASE("convolutions say why they refuse a bias") {
  Tape<float> tape;
  const Var x = tape.constant(Tensor<float>(Shape{1, 4, 4, 3}));
  const Var wrong = tape.constant(Tensor<float>(Shape{4}));
  CHECK_THROWS_WITH_AS(depthwise_conv2d(tape, x, tape.constant(Tensor<float>(Shape{1, 3, 3, 3})),
                                        wrong, WindowSpec::square(3)),
                       "depthwise convolution needs a bias of shape [3]", Error);
  CHECK_THROWS_WITH_AS(transposed_conv2d(tape, x, tape.constant(Tensor<float>(Shape{2, 2, 2, 3})),
                                         wrong, WindowSpec::square(2, 2)),
                       "transposed convolution needs a bias of shape [2]", Error);
  CHECK_THROWS_AS(transposed_conv2d(tape, x, tape.constant(Tensor<float>(Shape{2, 2, 2, 3})), Var{},
                                    WindowSpec::square(2, 2), 2),
                  Error);
}

TEST_CASE("the gradient of a convolution's input does not depend on who else wants one") {
  const auto gradient = [](bool frozen, bool earlier) {
    Tape<float> tape;
    const Var x = tape.leaf(normal_tensor<float>({2, 5, 6, 3}, 1));
    const Tensor<float> weights = normal_tensor<float>({4, 3, 3, 3}, 2);
    const Var filter = frozen ? tape.constant(weights) : tape.leaf(weights);
    const WindowSpec window = WindowSpec::square(3, 1, Padding::same());
    const Var first = conv2d(tape, x, filter, {}, window);
    // A second reader: its term must be added to the other's, not take its place.
    const Var y = earlier ? add(tape, first, conv2d(tape, x, filter, {}, window)) : first;
    tape.backward(y, normal_tensor<float>(tape.shape(y), 3));
    return tape.gradient(x);
  };
  for (const bool earlier : {false, true}) {
    const Tensor<float> wanted = gradient(false, earlier), alone = gradient(true, earlier);
    for (Index i = 0; i < wanted.size(); ++i) CHECK(alone[i] == wanted[i]);
  }
}
