#include "integrad/tests/support/tflite_cases.h"

#include <tuple>

namespace integrad {

namespace {

using Cases = std::vector<TfliteCase>;
using layer::Arithmetic;

constexpr auto kSame = Padding::same;

Graph one(Shape input, Layer layer) {
  Graph g;
  g.layer("one", std::move(layer), {g.input(input)});
  return g;
}

// x o conv(x), or the other way round.
Graph both(Arithmetic arithmetic, bool swapped) {
  Graph g;
  const Value x = g.input({1, 6, 7, 3});
  const Value y = g.layer("conv", layer::Conv2d{3, WindowSpec::square(1)}, {x});
  g.layer("both", arithmetic, {swapped ? y : x, swapped ? x : y});
  return g;
}

// After a convolution, whose output has codes of both signs.
Graph after_conv(Shape input, Index channels, Layer layer) {
  Graph g;
  const Value x = g.layer("conv", layer::Conv2d{channels, WindowSpec::square(1)}, {g.input(input)});
  g.layer("one", std::move(layer), {x});
  return g;
}

Graph unpooled(Shape input, std::int32_t side, Padding padding = {}) {
  Graph g;
  const Value x = g.input(input);
  const Value pool = g.layer("pool", layer::MaxPool{WindowSpec::square(side, side, padding)}, {x});
  const Value middle =
      g.layer("conv", layer::Conv2d{input.channels(), WindowSpec::square(1)}, {pool});
  g.max_unpool("unpool", middle, pool);
  return g;
}

Graph vector_layers(Index features, Activation activation) {
  Graph g;
  const Value x = g.layer("flat", layer::Reshape{{1, 24}}, {g.input({1, 2, 4, 3})});
  g.layer("dense", layer::FullyConnected{features, true, activation}, {x});
  return g;
}

Graph joined(int parts) {
  Graph g;
  const Value x = g.input({1, 5, 4, 2});
  std::vector<Value> all{x};
  for (int i = 1; i < parts; ++i)
    all.push_back(
        g.layer("conv" + std::to_string(i), layer::Conv2d{i % 3 + 1, WindowSpec::square(1)}, {x}));
  g.layer("joined", layer::Concat{}, all);
  return g;
}

void add_convolutions(Cases& cases) {
  const auto conv = [&](const char* name, Shape input, Index channels, WindowSpec w,
                        Index groups = 1, Activation activation = Activation::none) {
    cases.push_back({name, one(input, layer::Conv2d{channels, w, groups, true, activation})});
  };
  conv("conv_valid", {1, 7, 9, 3}, 5, WindowSpec::square(3), 1, Activation::relu);
  conv("conv_same_strided", {1, 10, 9, 4}, 6, {3, 2, 2, 3, 1, 1, kSame()}, 1, Activation::relu6);
  conv("conv_border", {1, 8, 8, 3}, 4, WindowSpec::square(3, 2, Padding::fixed(1)));
  conv("conv_border_uneven", {1, 8, 6, 3}, 4, {4, 3, 1, 2, 1, 2, Padding::fixed(3, 0, 0, 4)});
  conv("conv_dilated", {1, 11, 11, 2}, 3, {3, 3, 1, 1, 2, 3, kSame()});
  conv("conv_groups", {1, 6, 6, 4}, 6, WindowSpec::square(3, 1, kSame()), 2);
  conv("conv_one_channel", {1, 5, 5, 1}, 1, WindowSpec::square(3, 1, kSame()));

  const auto depthwise = [&](const char* name, Shape input, WindowSpec w, Index multiplier,
                             Activation activation) {
    cases.push_back({name, one(input, layer::DepthwiseConv2d{w, multiplier, true, activation})});
  };
  depthwise("depthwise", {1, 9, 8, 5}, WindowSpec::square(3, 1, kSame()), 1, Activation::relu);
  depthwise("depthwise_multiplied_border", {1, 9, 8, 3},
            {3, 4, 2, 1, 1, 1, Padding::fixed(1, 2, 2, 0)}, 3, Activation::none);
  depthwise("depthwise_dilated_one_channel", {1, 9, 9, 1}, {3, 3, 1, 1, 2, 2, kSame()}, 4,
            Activation::relu6);

  const auto transposed = [&](const char* name, WindowSpec w, std::int32_t output_padding,
                              Activation activation = Activation::none) {
    cases.push_back(
        {name, one({1, 4, 5, 3}, layer::TransposedConv2d{2, w, output_padding, true, activation})});
  };
  transposed("transposed_valid", WindowSpec::square(2, 2), 0);
  transposed("transposed_overlapping", WindowSpec::square(3, 2), 0, Activation::relu);
  transposed("transposed_same", WindowSpec::square(4, 2, kSame()), 0, Activation::relu6);
  transposed("transposed_output_padding", WindowSpec::square(3, 2, Padding::fixed(1)), 1);
  transposed("transposed_border", {3, 4, 1, 3, 1, 1, Padding::fixed(2, 0, 1, 3)}, 0,
             Activation::relu);
  transposed("transposed_gaps", WindowSpec::square(2, 3), 2);
}

void add_pools(Cases& cases) {
  cases.push_back({"max_pool_border",
                   after_conv({1, 8, 9, 3}, 3,
                              layer::MaxPool{{3, 3, 2, 2, 1, 1, Padding::fixed(2, 1, 1, 2)}})});
  cases.push_back(
      {"max_pool_same", one({1, 7, 9, 3}, layer::MaxPool{{3, 2, 2, 2, 1, 1, kSame()}})});
  cases.push_back(
      {"average_pool_valid", one({1, 8, 9, 3}, layer::AveragePool{{3, 2, 2, 1, 1, 1, {}}})});
  cases.push_back({"average_pool_same",
                   one({1, 8, 9, 3}, layer::AveragePool{WindowSpec::square(4, 1, kSame())})});
  cases.push_back({"unpool", unpooled({1, 8, 6, 3}, 2)});
  cases.push_back({"unpool_odd", unpooled({1, 9, 7, 5}, 2)});
  cases.push_back({"unpool_threes", unpooled({1, 9, 7, 2}, 3)});
  cases.push_back({"unpool_elevens", unpooled({1, 22, 23, 2}, 11)});
  cases.push_back({"unpool_beyond", unpooled({1, 7, 5, 3}, 2, kSame())});
  cases.push_back(
      {"unpool_beyond_and_short", unpooled({1, 8, 7, 3}, 3, Padding::fixed(0, 1, 0, 0))});
  cases.push_back({"unpool_ones", unpooled({1, 4, 5, 2}, 1)});
}

void add_pointwise(Cases& cases) {
  using Function = layer::Pointwise::Function;
  const auto binary = [&](const char* name, Arithmetic::Function function, Activation activation) {
    cases.push_back({name, both({function, activation}, false)});
    cases.push_back({std::string(name) + "_swapped", both({function, activation}, true)});
  };
  binary("add", Arithmetic::Function::add, Activation::relu);
  binary("subtract", Arithmetic::Function::sub, Activation::none);
  binary("multiply", Arithmetic::Function::mul, Activation::relu6);
  const auto function = [&](const char* name, Layer layer) {
    cases.push_back({name, after_conv({1, 6, 5, 4}, 5, std::move(layer))});
  };
  function("relu", layer::Pointwise{Function::relu});
  function("relu6", layer::Pointwise{Function::relu6});
  function("hard_swish", layer::Pointwise{Function::hard_swish});
  function("sigmoid", layer::Pointwise{Function::sigmoid});
  function("softmax", layer::Softmax{});
}

void add_copies(Cases& cases) {
  using Method = layer::Resize::Method;
  for (const auto& [name, height, width] :
       {std::tuple<const char*, Index, Index>{"up", 8, 15}, {"odd", 7, 8}, {"down", 2, 3}})
    for (const auto& [corners, half] :
         {std::pair<bool, bool>{false, false}, {true, false}, {false, true}})
      for (const Method method : {Method::nearest, Method::bilinear})
        cases.push_back({std::string(method == Method::nearest ? "nearest_" : "bilinear_") + name +
                             (corners ? "_corners"
                              : half  ? "_half_pixel"
                                      : ""),
                         one({1, 4, 5, 3}, layer::Resize{method, height, width, corners, half})});
  cases.push_back({"concat_two", joined(2)});
  cases.push_back({"concat_ten", joined(10)});
  cases.push_back({"pad", after_conv({1, 4, 5, 3}, 3, layer::Pad{1, 2, 0, 3})});
  cases.push_back({"pad_nothing", after_conv({1, 4, 5, 3}, 3, layer::Pad{})});
  cases.push_back({"slice", one({1, 6, 5, 4}, layer::Slice{{1, 2, 1}, {3, 3, 2}})});
  cases.push_back({"reshape", one({1, 6, 5, 4}, layer::Reshape{{1, 5, 8, 3}})});
  cases.push_back({"dense", vector_layers(7, Activation::relu)});
  cases.push_back({"dense_relu6", vector_layers(2, Activation::relu6)});
  cases.push_back({"dense_one", vector_layers(1, Activation::none)});
}

}  // namespace

const Cases& tflite_cases() {
  static const Cases all = [] {
    Cases cases;
    add_convolutions(cases);
    add_pools(cases);
    add_pointwise(cases);
    add_copies(cases);
    return cases;
  }();
  return all;
}

}  // namespace integrad
