#include <algorithm>

#include "integrad/autograd/cases.h"
#include "integrad/autograd/ops/convolution_batch_norm.h"

namespace integrad {

namespace {

struct FusedRow {
  const char* name;
  Shape input, filter;
  WindowSpec window;
  bool relu = true, biased = false;
  Index groups = 1;
};

const WindowSpec kThree = WindowSpec::square(3, 1, Padding::same());

const FusedRow kFusedConvolutions[] = {
    {"1x1, no ReLU", {2, 3, 4, 5}, {7, 1, 1, 5}, WindowSpec::square(1), false},
    {"3x3 same", {2, 5, 4, 3}, {4, 3, 3, 3}, kThree},
    {"3x3 same, bias, 3 to 17 channels", {1, 5, 4, 3}, {17, 3, 3, 3}, kThree, true, true},
    {"3x3 same, 8 to 9 channels", {1, 2, 17, 8}, {9, 3, 3, 8}, kThree},
    {"3x3 valid", {2, 5, 6, 2}, {3, 3, 3, 2}, WindowSpec::square(3)},
    {"3x2 dilation 2x1, uneven padding",
     {1, 7, 6, 2},
     {3, 3, 2, 2},
     {3, 2, 1, 1, 2, 1, Padding::fixed(3, 1, 0, 1)}},
    {"3x3 stride 2", {2, 6, 7, 3}, {4, 3, 3, 3}, WindowSpec::square(3, 2, Padding::same())},
    {"two groups", {2, 4, 5, 4}, {6, 3, 3, 2}, kThree, true, false, 2},
};

const FusedRow kFusedDepthwise[] = {
    {"3x3 same", {2, 5, 4, 5}, {1, 3, 3, 5}, kThree},
    {"3x3 same, no ReLU, 19 channels", {1, 4, 4, 19}, {1, 3, 3, 19}, kThree, false},
    {"3x3 stride 2, bias", {2, 6, 5, 3}, {1, 3, 3, 3}, WindowSpec::square(3, 2), true, true},
    {"3x3 valid, multiplier 2", {2, 5, 5, 3}, {1, 3, 3, 6}, WindowSpec::square(3)},
};

// The shift that puts 0 into the widest gap between a channel's values, not counting the outer
// quarters: both sides of a ReLU are visited, and its kink is clear of every value.
Tensor<double> clear_shift(const Tensor<double>& values) {
  const Index channels = values.shape().channels(), rows = values.size() / channels;
  Tensor<double> shift(Shape{channels});
  for (Index c = 0; c < channels; ++c) {
    std::vector<double> sorted;
    for (Index row = 0; row < rows; ++row) sorted.push_back(values[row * channels + c]);
    std::sort(sorted.begin(), sorted.end());
    double widest = 0;
    for (std::size_t i = sorted.size() / 4; i + 1 < sorted.size() - sorted.size() / 4; ++i)
      if (sorted[i + 1] - sorted[i] > widest) {
        widest = sorted[i + 1] - sorted[i];
        shift[c] = -(sorted[i] + sorted[i + 1]) / 2;
      }
  }
  return shift;
}

template <class T>
BatchNormState<T> fresh(const Tape<T>&, Index channels) {
  return BatchNormState<T>(channels);
}

}  // namespace

std::vector<OperatorCase> convolution_batch_norm_cases() {
  std::vector<OperatorCase> cases;
  std::uint64_t stream = 1700;
  const auto append = [&](const char* operation, FusedRow row, Index channels, auto convolve) {
    std::vector<Tensor<double>> inputs{
        draw::normal(row.input, stream), draw::normal(row.filter, stream + 1),
        draw::uniform({channels}, stream + 2, 0.5, 1), Tensor<double>(Shape{channels})};
    if (row.biased) inputs.push_back(draw::normal({channels}, stream + 3));
    stream += 4;
    const auto evaluate = [=](auto& tape, auto in, bool relu) {
      auto running = fresh(tape, tape.shape(in[2]).channels());
      using T = std::remove_cvref_t<decltype(running.mean[0])>;
      const Normalization<T> norm{in[2], in[3], running, {}, relu};
      return convolve(tape, in[0], in[1], row.biased ? in[4] : Var{}, row, norm);
    };
    Tape<double> tape;
    std::vector<Var> constants;
    for (const Tensor<double>& input : inputs) constants.push_back(tape.constant(input));
    inputs[3] = clear_shift(tape.value(evaluate(tape, constants, false)));
    cases.push_back(operator_case(operation, row.name, std::move(inputs),
                                  [=](auto& t, auto in) { return evaluate(t, in, row.relu); }));
  };
  const auto full = [](auto& tape, Var x, Var filter, Var bias, const FusedRow& row,
                       const auto& norm) {
    return conv2d_batch_norm(tape, x, filter, bias, row.window, row.groups, norm);
  };
  const auto depthwise = [](auto& tape, Var x, Var filter, Var bias, const FusedRow& row,
                            const auto& norm) {
    return depthwise_conv2d_batch_norm(tape, x, filter, bias, row.window, norm);
  };
  for (const FusedRow& row : kFusedConvolutions)
    append("conv2d_batch_norm", row, row.filter[0], full);
  for (const FusedRow& row : kFusedDepthwise)
    append("depthwise_conv2d_batch_norm", row, row.filter[3], depthwise);
  return cases;
}

}  // namespace integrad
