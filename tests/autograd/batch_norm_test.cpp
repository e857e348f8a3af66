#include "integrad/autograd/ops/batch_norm.h"

#include <doctest/doctest.h>

#include "integrad/tests/support/tensors.h"

using namespace integrad;

TEST_CASE("batch norm normalises by hand-computed statistics and updates the running ones") {
  Tape<double> tape;
  // Channel 0: 1, 3, 5, 7 (mean 4, variance 5); channel 1: 2, 2, 2, 6 (mean 3, variance 3).
  const Var x = tape.leaf(Tensor<double>(Shape{2, 1, 2, 2}, {1, 2, 3, 2, 5, 2, 7, 6}));
  const Var gamma = tape.leaf(Tensor<double>(Shape{2}, {2, 3}));
  const Var beta = tape.leaf(Tensor<double>(Shape{2}, {10, -1}));
  BatchNormState<double> running(2);
  running.mean[0] = 100;
  const Var y = batch_norm(tape, x, gamma, beta, running, {.epsilon = 1, .momentum = 0.25});
  const double a = 2 / std::sqrt(6.0), b = 3 / 2.0;
  const Tensor<double> want(Shape{2, 1, 2, 2}, {10 - 3 * a, -1 - b, 10 - a, -1 - b,  //
                                                10 + a, -1 - b, 10 + 3 * a, -1 + 3 * b});
  CHECK(largest_error(tape.value(y), want) < 1e-15);
  // The unbiased variances are 20/3 and 4.
  CHECK(largest_error(running.mean, Tensor<double>(Shape{2}, {76, 0.75})) < 1e-15);
  CHECK(largest_error(running.variance,
                      Tensor<double>(Shape{2}, {0.75 + 0.25 * 20 / 3, 0.75 + 1})) < 1e-15);
}

TEST_CASE("frozen batch norm is a line through the running statistics, and leaves them alone") {
  Tape<float> tape;
  const Var x = tape.leaf(Tensor<float>(Shape{1, 1, 2, 1}, {5, 9}));
  const Var gamma = tape.leaf(Tensor<float>(Shape{1}, {3}));
  const Var beta = tape.leaf(Tensor<float>(Shape{1}, {7}));
  BatchNormState<float> running(1);
  running.mean[0] = 1;
  running.variance[0] = 3;
  const Var y = batch_norm_frozen(tape, x, gamma, beta, running, {.epsilon = 1});
  check_equal(tape.value(y), Tensor<float>(Shape{1, 1, 2, 1}, {13, 19}));
  tape.backward(y, Tensor<float>(Shape{1, 1, 2, 1}, {1, 10}));
  check_equal(tape.gradient(x), Tensor<float>(Shape{1, 1, 2, 1}, {1.5f, 15}));
  check_equal(tape.gradient(gamma), Tensor<float>(Shape{1}, {2 + 40}));
  check_equal(tape.gradient(beta), Tensor<float>(Shape{1}, {11}));
  CHECK(running.mean[0] == 1);
  CHECK(running.variance[0] == 3);
}

TEST_CASE("the running statistics of many steps give the frozen output of the training one") {
  BatchNormState<double> running(3);
  const Tensor<double> image = normal_tensor<double>({2, 4, 5, 3}, 1);
  const Tensor<double> ones(Shape{3}, 1), zeros(Shape{3});
  const auto run = [&](bool training) {
    Tape<double> tape;
    const Var x = tape.constant(image), g = tape.constant(ones), b = tape.constant(zeros);
    return tape.value(training ? batch_norm(tape, x, g, b, running, {.momentum = 0.5})
                               : batch_norm_frozen(tape, x, g, b, running));
  };
  Tensor<double> trained;
  for (int step = 0; step < 40; ++step) trained = run(true);
  const double biased = std::sqrt(40.0 / 39.0);  // the running variance is the unbiased one
  Tensor<double> frozen = run(false);
  for (double& v : frozen) v *= biased;
  CHECK(largest_error(frozen, trained) < 1e-6);
}

TEST_CASE("batch statistics survive a mean far from zero") {
  // In float, 4096 + k/1024 is exact; the mean of the squares would lose the variance altogether.
  const Index rows = 3000, channels = 11;
  Tensor<float> values(Shape{1, 50, 60, channels});
  for (Index i = 0; i < values.size(); ++i)
    values[i] = 4096.0f + static_cast<float>((i * 7919) % 1021) / 1024.0f;
  values[3] = 1.0f;  // an outlier in the first row, which the sums are centred on
  BatchNormState<float> running(channels);
  Tape<float> tape;
  const Var gamma = tape.constant(Tensor<float>(Shape{channels}, 1));
  const Var beta = tape.constant(Tensor<float>(Shape{channels}, 0));
  batch_norm(tape, tape.constant(values), gamma, beta, running, {.momentum = 1});
  for (Index c = 0; c < channels; ++c) {
    CAPTURE(c);
    double mean = 0, variance = 0;
    for (Index row = 0; row < rows; ++row) mean += values[row * channels + c];
    mean /= static_cast<double>(rows);
    for (Index row = 0; row < rows; ++row) {
      const double d = values[row * channels + c] - mean;
      variance += d * d;
    }
    variance /= static_cast<double>(rows - 1);
    CHECK(running.mean[c] == doctest::Approx(mean).epsilon(1e-7));
    CHECK(running.variance[c] == doctest::Approx(variance).epsilon(1e-6));
  }
}

TEST_CASE("training's gradient is orthogonal to a shift and to a stretch of the input") {
  // y does not change when x is shifted, and hardly when it is stretched.
  Tape<double> tape;
  const Tensor<double> image = normal_tensor<double>({2, 5, 4, 9}, 2);
  const Var x = tape.leaf(image);
  const Var gamma = tape.constant(normal_tensor<double>({9}, 3));
  const Var beta = tape.constant(normal_tensor<double>({9}, 4));
  BatchNormState<double> running(9);
  const Var y = batch_norm(tape, x, gamma, beta, running, {.epsilon = 1e-14});
  tape.backward(y, normal_tensor<double>(tape.shape(y), 5));
  const Tensor<double> dx = tape.gradient(x);
  for (Index c = 0; c < 9; ++c) {
    double shift = 0, stretch = 0, size = 0;
    for (Index row = 0; row < 40; ++row) {
      shift += dx[row * 9 + c];
      stretch += dx[row * 9 + c] * image[row * 9 + c];
      size += std::fabs(dx[row * 9 + c]);
    }
    CHECK(size > 0.1);
    CHECK(std::fabs(shift) < 1e-12 * size);
    CHECK(std::fabs(stretch) < 1e-12 * size);
  }
}

TEST_CASE("batch norm's bits do not depend on the threads") {
  for (const Index channels : {1, 8, 37}) {
    CAPTURE(channels);
    check_same_bits_for_any_threads([&] {
      Tape<float> tape;
      const Var x = tape.leaf(normal_tensor<float>({3, 41, 29, channels}, 6));
      const Var gamma = tape.leaf(normal_tensor<float>({channels}, 7));
      const Var beta = tape.leaf(normal_tensor<float>({channels}, 8));
      BatchNormState<float> running(channels);
      const Var y = batch_norm(tape, x, gamma, beta, running);
      tape.backward(y, normal_tensor<float>(tape.shape(y), 9));
      return std::vector{tape.value(y),        running.mean,        running.variance,
                         tape.gradient(gamma), tape.gradient(beta), tape.gradient(x)};
    });
  }
}

TEST_CASE("batch norm says why it refuses") {
  Tape<float> tape;
  const Var x = tape.constant(Tensor<float>(Shape{1, 1, 1, 3}));
  const Var three = tape.constant(Tensor<float>(Shape{3})),
            two = tape.constant(Tensor<float>(Shape{2}));
  BatchNormState<float> running(3), other(2);
  CHECK_THROWS_WITH_AS(
      batch_norm(tape, x, three, three, running),
      "batch normalisation trains on at least two values per channel; got [1,1,1,3]", Error);
  CHECK(tape.value(batch_norm_frozen(tape, x, three, three, running)).size() == 3);
  CHECK_THROWS_WITH_AS(batch_norm_frozen(tape, x, three, two, running),
                       "batch normalisation needs gamma and beta of shape [3]; got [3] and [2]",
                       Error);
  CHECK_THROWS_WITH_AS(batch_norm_frozen(tape, x, three, three, other),
                       "batch normalisation needs running statistics of shape [3]; got [2] and [2]",
                       Error);
  CHECK_THROWS_AS(batch_norm_frozen(tape, x, three, three, running, {.epsilon = 0}), Error);
  CHECK_THROWS_AS(batch_norm_frozen(tape, x, three, three, running, {.momentum = 1.5}), Error);
  running.variance[1] = -1;
  CHECK_THROWS_WITH_AS(batch_norm_frozen(tape, x, three, three, running),
                       "batch normalisation needs running variances of at least 0; got -1", Error);
}
