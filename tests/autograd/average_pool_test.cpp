#include <doctest/doctest.h>

#include "integrad/autograd/ops/average_pool2d.h"
#include "integrad/tests/support/tensors.h"

using namespace integrad;

TEST_CASE("average pool divides by the points inside the image, or by all with padding") {
  Tape<double> tape;
  const Var x = tape.leaf(Tensor<double>(Shape{1, 2, 3, 1}, {1, 2, 3, 4, 5, 9}));
  const WindowSpec window = WindowSpec::square(3, 2, Padding::fixed(1));
  const Var inside = average_pool2d(tape, x, window), all = average_pool2d(tape, x, window, true);
  check_equal(tape.value(inside), Tensor<double>(Shape{1, 1, 2, 1}, {3, 4.75}));
  check_equal(tape.value(all), Tensor<double>(Shape{1, 1, 2, 1}, {12.0 / 9, 19.0 / 9}));
  tape.backward(inside, Tensor<double>(Shape{1, 1, 2, 1}, {4, 40}));
  check_equal(tape.gradient(x), Tensor<double>(Shape{1, 2, 3, 1}, {1, 11, 10, 1, 11, 10}));
}

TEST_CASE("average pool agrees with a direct sum for any window") {
  const WindowSpec specs[] = {WindowSpec::square(2, 2),
                              WindowSpec::square(5, 1, Padding::same()),
                              {3, 2, 1, 3, 2, 1, Padding::fixed(1, 2, 1, 0)},
                              {1, 7, 2, 1, 1, 1, Padding::same()}};
  const Tensor<double> image = normal_tensor<double>({2, 9, 13, 5}, 1);
  for (const WindowSpec& spec : specs)
    for (const bool count_padding : {false, true}) {
      Tape<double> tape;
      const Var y = average_pool2d(tape, tape.constant(image), spec, count_padding);
      const Window2d w = resolve(spec, 9, 13);
      Tensor<double> want(tape.shape(y));
      for (Index n = 0; n < 2; ++n)
        for (Index oy = 0; oy < want.shape().height(); ++oy)
          for (Index ox = 0; ox < want.shape().width(); ++ox)
            for (Index c = 0; c < 5; ++c) {
              double sum = 0, count = 0;
              for (Index ky = 0; ky < w.y.kernel; ++ky)
                for (Index kx = 0; kx < w.x.kernel; ++kx) {
                  const Index iy = oy * w.y.stride - w.y.pad_before + ky * w.y.dilation;
                  const Index ix = ox * w.x.stride - w.x.pad_before + kx * w.x.dilation;
                  const bool in = iy >= 0 && iy < 9 && ix >= 0 && ix < 13;
                  if (in) sum += image(n, iy, ix, c);
                  count += in || count_padding;
                }
              want(n, oy, ox, c) = sum / count;
            }
      CHECK(largest_error(tape.value(y), want) < 1e-14);
    }
}

TEST_CASE("average pool gives the same bits for any number of threads") {
  check_same_bits_for_any_threads([] {
    Tape<float> tape;
    const Var x = tape.leaf(normal_tensor<float>({2, 61, 43, 7}, 2));
    const Var y = average_pool2d(tape, x, WindowSpec::square(5, 2, Padding::same()));
    tape.backward(y, normal_tensor<float>(tape.shape(y), 3));
    return std::vector{tape.value(y), tape.gradient(x)};
  });
}
