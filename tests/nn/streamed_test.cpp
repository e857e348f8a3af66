#include <doctest/doctest.h>

#include "integrad/nn/fold.h"
#include "integrad/nn/interpreter.h"
#include "integrad/nn/models/registry.h"
#include "integrad/nn/streamed_evaluator.h"
#include "integrad/tensor/kernels/stored_lines.h"
#include "integrad/tests/support/kernel_cases.h"
#include "integrad/tests/support/tensors.h"

using namespace integrad;
using namespace integrad::testing;

namespace {

template <class Evaluate>
Tensor<float> output(const Graph& graph, const Tensor<float>& image, Evaluate&& make) {
  Parameters<float> parameters = initialize<float>(graph, 3);
  for (auto& p : parameters.all())  // of a fresh model many are 0 or 1
    if (p.value.shape().rank() == 1)
      for (Index i = 0; i < p.value.size(); ++i) p.value[i] += 0.01f * static_cast<float>(i % 7);
  Tape<float> tape;
  auto evaluator = make(tape, parameters);
  return tape.value(interpret(tape, graph, tape.constant(image), evaluator, Keep::output).back());
}

void check_same(const Graph& graph, Index batch, std::uint64_t seed, bool baseline = true) {
  const Tensor<float> image = normal_tensor<float>(graph.input_shape().with(0, batch), seed);
  const Tensor<float> whole = output(graph, image, [&](auto& tape, auto& parameters) {
    return FloatEvaluator<float>(tape, graph, parameters, Mode::evaluate);
  });
  for_each_isa(seed, [&] {
    if (!baseline && isa() == Isa::baseline) return;
    for (const int count : {1, 3}) {
      set_threads(count);
      CAPTURE(count);
      CHECK(same_bits(whole, output(graph, image, [&](auto& tape, auto& parameters) {
                        return StreamedEvaluator(tape, graph, parameters);
                      })));
    }
  });
}

Graph folded(const Graph& graph) {
  return fold(graph, initialize<float>(graph, 1)).graph;
}

const Padding kSame = Padding::same();

}  // namespace

TEST_CASE("streamed inference gives the layers' own bits") {
  for (const auto& [height, width] : {std::pair{32, 48}, {88, 24}, {256, 16}})
    check_same(folded(make_model("qsegment", height, width)), 2, 5);
  check_same(make_model("qsegment", 40, 40), 1, 6);  // batch norm by itself between the stages
}

TEST_CASE("streamed inference of an image whose maps go past the caches") {
  const Graph graph = folded(make_model("qsegment", 512, 264));
  REQUIRE(kernels::streams_past_caches({512, 264, 16}));  // the first skip's
  check_same(graph, 1, 7, false);                         // where nothing goes past the caches
}

TEST_CASE("streamed inference of what no model of ours has") {
  const auto conv = [](Index channels, WindowSpec window) {
    return layer::Conv2d{channels, window, 1, true, Activation::relu6};
  };
  using Function = layer::Arithmetic::Function;
  Graph g;
  const Value x = g.input({1, 70, 21, 5});
  // A value that is multiplied by what is made of it: its rows are needed for long.
  Value y = g.layer("a", conv(18, WindowSpec::square(3, 1, kSame)), {x});
  Value z = g.layer("b", conv(18, {5, 3, 1, 1, 2, 1, kSame}), {y});
  y = g.layer("product", layer::Arithmetic{Function::mul, Activation::none}, {y, z});
  y = g.layer("difference", layer::Arithmetic{Function::sub, Activation::relu}, {z, y});
  // Strides, valid windows and a pool with a row and a column left over.
  y = g.layer("strided", conv(8, {3, 3, 2, 1, 1, 1, kSame}), {y});
  y = g.layer("valid", conv(9, WindowSpec::square(3)), {y});
  y = g.layer("swish", layer::Pointwise{layer::Pointwise::Function::hard_swish}, {y});
  const Value pool = g.layer("pool", layer::MaxPool{WindowSpec::square(2, 2)}, {y});
  z = g.layer("depthwise", layer::DepthwiseConv2d{WindowSpec::square(3, 1, kSame)}, {pool});
  z = g.layer("softmax", layer::Softmax{}, {z});  // not made by rows
  z = g.max_unpool("unpool", z, pool);
  y = g.layer("sum", layer::Arithmetic{Function::add, Activation::relu}, {y, z});
  g.layer("head", layer::Conv2d{2, WindowSpec::square(3, 1, kSame)}, {y});
  check_same(g, 2, 9);
}

TEST_CASE("streamed inference of a pool whose rows are kept for another layer too") {
  Graph g;
  const Value x = g.input({1, 33, 12, 3});
  const Value y = g.layer("a", layer::Conv2d{17, WindowSpec::square(3, 1, kSame)}, {x});
  const Value side = g.layer("b", layer::Conv2d{17, WindowSpec::square(5, 1, kSame)}, {y});
  const Value pool = g.layer("pool", layer::MaxPool{WindowSpec::square(3, 3)}, {y});
  const Value z = g.layer("c", layer::Conv2d{17, WindowSpec::square(3, 1, kSame)}, {pool});
  const Value spread = g.max_unpool("unpool", z, pool);
  g.layer("sum", layer::Arithmetic{layer::Arithmetic::Function::add}, {side, spread});
  check_same(g, 2, 11);
}

TEST_CASE("streamed inference of sums with depthwise convolutions") {
  using Function = layer::Arithmetic::Function;
  const auto depthwise = [](WindowSpec window, Activation activation) {
    return layer::DepthwiseConv2d{window, 1, true, activation};
  };
  const layer::Arithmetic plus{Function::add, Activation::none};
  const WindowSpec three = WindowSpec::square(3, 1, kSame);
  for (const Index channels : {5, 16, 33, 48}) {
    Graph g;
    const Value x = g.input({1, 19, 23, channels});
    const Value a = g.layer("a", depthwise(three, Activation::relu), {x});
    Value y = g.layer("first", plus, {a, x});
    const Value b = g.layer("b", depthwise({2, 5, 1, 1, 3, 1, kSame}, Activation::none), {y});
    y = g.layer("second", plus, {y, b});
    // Two of them; one with an activation that comes later; sums with one; one that is read twice.
    const Value c = g.layer("c", depthwise(three, Activation::none), {y});
    const Value d = g.layer("d", depthwise(three, Activation::relu), {x});
    y = g.layer("third", plus, {c, d});
    const Value e = g.layer("e", depthwise(three, Activation::relu6), {y});
    y = g.layer("fourth", plus, {e, y});
    const Value f = g.layer("f", depthwise(three, Activation::relu), {y});
    y = g.layer("fifth", layer::Arithmetic{Function::add, Activation::relu}, {f, y});
    const Value h = g.layer("h", depthwise(three, Activation::relu), {y});
    y = g.layer("sixth", plus, {h, y});
    y = g.layer("seventh", plus, {h, y});
    const Value i = g.layer("i", depthwise(three, Activation::relu), {y});
    g.layer("twice", plus, {i, i});
    check_same(g, 2, 13);
  }
}

TEST_CASE("a stage ends at a pool and begins at an unpool") {
  const Graph graph = folded(make_model("qsegment", 64, 64));
  const auto made = rows::make_stages(graph, initialize<float>(graph, 1));
  const std::vector<rows::Stage>& stages = made.all();
  REQUIRE(stages.size() == 7);  // three encoders, the middle, three decoders
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const auto holds = [&]<class L>(int id, const L*) {
      return std::holds_alternative<L>(graph.node(id).layer);
    };
    CHECK(holds(stages[i].last, static_cast<const layer::MaxPool*>(nullptr)) == (i < 3));
    CHECK(holds(stages[i].first, static_cast<const layer::MaxUnpool*>(nullptr)) == (i > 3));
  }
}
