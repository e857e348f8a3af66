#include "integrad/autograd/cases.h"
#include "integrad/autograd/ops/conv2d.h"
#include "integrad/autograd/ops/dense_filter.h"
#include "integrad/autograd/ops/depthwise_conv2d.h"
#include "integrad/autograd/ops/transposed_conv2d.h"

namespace integrad {

namespace {

// One convolution; the filter's shape states the channels, in each operator's own layout.
struct Row {
  const char* name;
  Shape input, filter;
  WindowSpec window;
  Index extra = 0;  // groups of conv2d, output padding of transposed_conv2d
  bool biased = true;
};

WindowSpec window(std::int32_t kernel_y, std::int32_t kernel_x, std::int32_t stride_y,
                  std::int32_t stride_x, Padding padding, std::int32_t dilation_y = 1,
                  std::int32_t dilation_x = 1) {
  return {kernel_y, kernel_x, stride_y, stride_x, dilation_y, dilation_x, padding};
}

// Appends one case per row; function(tape, x, filter, bias, row), bias Var{} for none.
template <std::size_t N, class F>
void append(std::vector<OperatorCase>& cases, const char* operation, std::uint64_t stream,
            const Row (&rows)[N], bool depthwise, F function) {
  for (const Row& row : rows) {
    std::vector<Tensor<double>> inputs{draw::normal(row.input, stream),
                                       draw::normal(row.filter, stream + 1)};
    if (row.biased)
      inputs.push_back(draw::normal(Shape{row.filter[depthwise ? 3 : 0]}, stream + 2));
    stream += 3;
    cases.push_back(operator_case(operation, row.name, std::move(inputs), [=](auto& tape, auto in) {
      return function(tape, in[0], in[1], row.biased ? in[2] : Var{}, row);
    }));
  }
}

const Row kConvolutions[] = {
    {"1x1, 5 to 7 channels", {2, 3, 4, 5}, {7, 1, 1, 5}, window(1, 1, 1, 1, {}), 1},
    {"1x1 stride 2", {2, 5, 4, 3}, {2, 1, 1, 3}, window(1, 1, 2, 2, {}), 1},
    {"3x3 same, 5 to 7 channels",
     {2, 5, 6, 5},
     {7, 3, 3, 5},
     window(3, 3, 1, 1, Padding::same()),
     1},
    {"3x3 same, 8 to 9 channels, odd width",
     {1, 2, 17, 8},
     {9, 3, 3, 8},
     window(3, 3, 1, 1, Padding::same()),
     1},
    {"2x3 stride 2x1, 9 to 8 channels",
     {1, 3, 16, 9},
     {8, 2, 3, 9},
     window(2, 3, 2, 1, Padding::fixed(1, 0, 2, 0)),
     1},
    {"3x3 stride 2 same, even sides",
     {2, 6, 8, 3},
     {4, 3, 3, 3},
     window(3, 3, 2, 2, Padding::same()),
     1},
    {"3x3 stride 2 same, odd sides",
     {1, 7, 5, 3},
     {4, 3, 3, 3},
     window(3, 3, 2, 2, Padding::same()),
     1},
    {"3x3 valid", {2, 5, 4, 2}, {3, 3, 3, 2}, window(3, 3, 1, 1, {}), 1},
    {"2x3 stride 1x2, uneven padding",
     {2, 4, 7, 2},
     {3, 2, 3, 2},
     window(2, 3, 1, 2, Padding::fixed(1, 0, 2, 1)),
     1},
    {"5x1 stride 3, remainder",
     {1, 9, 3, 2},
     {3, 5, 1, 2},
     window(5, 1, 3, 1, Padding::fixed(2, 1, 0, 0)),
     1},
    {"1x4 same, even kernel", {1, 3, 6, 2}, {2, 1, 4, 2}, window(1, 4, 1, 1, Padding::same()), 1},
    {"3x3 dilation 2 same",
     {1, 6, 7, 2},
     {3, 3, 3, 2},
     window(3, 3, 1, 1, Padding::same(), 2, 2),
     1},
    {"3x2 dilation 2x3 stride 2x1",
     {1, 8, 8, 2},
     {2, 3, 2, 2},
     window(3, 2, 2, 1, Padding::fixed(2, 1, 0, 3), 2, 3),
     1},
    {"two groups", {2, 4, 5, 4}, {6, 3, 3, 2}, window(3, 3, 1, 1, Padding::same()), 2},
    {"three groups stride 2, one channel each",
     {1, 5, 5, 3},
     {6, 3, 3, 1},
     window(3, 3, 2, 2, Padding::fixed(1)),
     3},
    {"kernel of the input's size", {2, 3, 4, 3}, {5, 3, 4, 3}, window(3, 4, 1, 1, {}), 1},
    {"17 channels to 1", {1, 3, 3, 17}, {1, 3, 3, 17}, window(3, 3, 1, 1, Padding::same()), 1},
    {"1 channel to 17", {1, 4, 3, 1}, {17, 3, 3, 1}, window(3, 3, 1, 1, Padding::same()), 1},
    {"no bias", {2, 4, 4, 3}, {2, 3, 3, 3}, window(3, 3, 1, 1, Padding::same()), 1, false},
};

const Row kDepthwise[] = {
    {"3x3 same", {2, 4, 5, 5}, {1, 3, 3, 5}, window(3, 3, 1, 1, Padding::same())},
    {"3x3 stride 2 same, even sides",
     {2, 6, 4, 3},
     {1, 3, 3, 3},
     window(3, 3, 2, 2, Padding::same())},
    {"3x3 valid, multiplier 2", {2, 4, 5, 3}, {1, 3, 3, 6}, window(3, 3, 1, 1, {})},
    {"5x2 stride 1x2, uneven padding",
     {1, 6, 7, 3},
     {1, 5, 2, 3},
     window(5, 2, 1, 2, Padding::fixed(3, 2, 1, 0))},
    {"3x3 dilation 2x1 same",
     {1, 6, 5, 4},
     {1, 3, 3, 4},
     window(3, 3, 1, 1, Padding::same(), 2, 1)},
    {"3x3 stride 2 dilation 2, multiplier 3",
     {1, 8, 7, 2},
     {1, 3, 3, 6},
     window(3, 3, 2, 2, Padding::fixed(2, 1, 1, 2), 2, 2)},
    {"1x1", {2, 3, 2, 4}, {1, 1, 1, 4}, window(1, 1, 1, 1, {})},
    {"19 channels, no bias",
     {1, 4, 3, 19},
     {1, 3, 3, 19},
     window(3, 3, 1, 1, Padding::same()),
     0,
     false},
};

const Row kTransposed[] = {
    {"2x2 stride 2", {2, 3, 4, 3}, {5, 2, 2, 3}, window(2, 2, 2, 2, {})},
    {"3x3 stride 2, output padding",
     {2, 3, 2, 3},
     {2, 3, 3, 3},
     window(3, 3, 2, 2, Padding::fixed(1)),
     1},
    {"4x4 stride 2 padding 1", {1, 3, 4, 2}, {3, 4, 4, 2}, window(4, 4, 2, 2, Padding::fixed(1))},
    {"3x3 stride 2 same", {2, 3, 4, 2}, {3, 3, 3, 2}, window(3, 3, 2, 2, Padding::same())},
    {"3x3 stride 1 same", {1, 4, 3, 2}, {3, 3, 3, 2}, window(3, 3, 1, 1, Padding::same())},
    {"3x3 stride 2 valid", {1, 3, 3, 4}, {2, 3, 3, 4}, window(3, 3, 2, 2, {})},
    {"2x3 stride 3x1, uneven padding",
     {1, 3, 4, 2},
     {3, 2, 3, 2},
     window(2, 3, 3, 1, Padding::fixed(0, 1, 2, 1))},
    {"3x2 stride 2 dilation 2x1, no bias",
     {2, 3, 3, 2},
     {3, 3, 2, 2},
     window(3, 2, 2, 2, {}, 2, 1),
     0,
     false},
};

}  // namespace

std::vector<OperatorCase> convolution_cases() {
  std::vector<OperatorCase> cases;
  append(cases, "conv2d", 1000, kConvolutions, false,
         [](auto& tape, Var x, Var filter, Var bias, const Row& row) {
           return conv2d(tape, x, filter, bias, row.window, row.extra);
         });
  append(cases, "depthwise_conv2d", 1100, kDepthwise, true,
         [](auto& tape, Var x, Var filter, Var bias, const Row& row) {
           return depthwise_conv2d(tape, x, filter, bias, row.window);
         });
  append(cases, "transposed_conv2d", 1200, kTransposed, false,
         [](auto& tape, Var x, Var filter, Var bias, const Row& row) {
           return transposed_conv2d(tape, x, filter, bias, row.window,
                                    static_cast<std::int32_t>(row.extra));
         });
  const auto append_dense = [&](const char* name, const Shape& filter, Index groups) {
    cases.push_back(
        operator_case("dense_filter", name, {draw::normal(filter, 1300)},
                      [=](auto& tape, auto in) { return dense_filter(tape, in[0], groups); }));
  };
  append_dense("depthwise, 5 channels", {5, 2, 2, 1}, 5);
  append_dense("two groups of 3 to 2", {4, 3, 1, 3}, 2);
  append_dense("one group", {3, 2, 2, 4}, 1);
  return cases;
}

}  // namespace integrad
