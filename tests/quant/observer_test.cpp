#include "integrad/quant/observer.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "integrad/tensor/error.h"
#include "integrad/tensor/random.h"

using namespace integrad;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Tensor<float> row(std::initializer_list<float> values) {
  return Tensor<float>(Shape{static_cast<Index>(values.size())}, values);
}

layer::Conv2d pointwise_conv(Index channels) {
  return {channels, WindowSpec::square(1)};
}

// 0 input, 1 conv, 2 conv.
Graph chain() {
  Graph graph;
  Value x = graph.input({1, 2, 2, 1});
  x = graph.layer("first", pointwise_conv(1), {x});
  graph.layer("second", pointwise_conv(1), {x});
  return graph;
}

// 0 input, 1 conv "left", 2 conv "right", 3 concat of both, 4 conv "last".
Graph joined() {
  Graph graph;
  const Value x = graph.input({1, 4, 4, 1});
  const Value left = graph.layer("left", pointwise_conv(1), {x});
  const Value right = graph.layer("right", pointwise_conv(1), {x});
  const Value both = graph.layer("both", layer::Concat{}, {left, right});
  graph.layer("last", pointwise_conv(1), {both});
  return graph;
}

void check_range(const RangeObserver& observer, Index node, float low, float high) {
  const Tensor<float> state = observer.state();
  CHECK(state[3 * node] == doctest::Approx(low).epsilon(1e-6));
  CHECK(state[3 * node + 1] == doctest::Approx(high).epsilon(1e-6));
}

}  // namespace

TEST_CASE("the first batch counts whole, the next by the momentum") {
  const Graph graph = chain();
  RangeObserver observer(graph, {.momentum = 0.25});
  observer.observe(1, row({-1, 0.5f, 3}));
  check_range(observer, 1, -1, 3);
  observer.observe(1, row({-5, 7}));  // low -1 + (-5 + 1) / 4, high 3 + (7 - 3) / 4
  check_range(observer, 1, -2, 4);
  observer.observe(1, row({2, 2}));  // low -2 + (2 + 2) / 4, high 4 + (2 - 4) / 4
  check_range(observer, 1, -1, 3.5f);
  check_range(observer, 2, 0, 0);  // its own tally
  CHECK(observer.state()[3 * 2 + 2] == 0);
}

TEST_CASE("percentiles leave the given share of each side out") {
  const Graph graph = chain();
  RangeObserver observer(graph, {.method = ObserverOptions::Method::percentile, .percentile = 0.9});
  Tensor<float> values(Shape{101});
  const std::vector<std::uint32_t> order = Random(5, 5).permutation(101);
  for (Index i = 0; i < 101; ++i)
    values[i] = static_cast<float>(order[static_cast<std::size_t>(i)]) - 40;
  observer.observe(1, values);
  check_range(observer, 1, 10 - 40, 90 - 40);
  RangeObserver whole(graph, {.method = ObserverOptions::Method::percentile, .percentile = 1});
  whole.observe(1, values);
  check_range(whole, 1, -40, 60);
  RangeObserver single(graph, {.method = ObserverOptions::Method::percentile});
  single.observe(1, row({7}));
  check_range(single, 1, 7, 7);
}

TEST_CASE("options out of range are refused") {
  const Graph graph = chain();
  for (double percentile : {0.5, 1.1, -1.0, std::nan("")})
    CHECK_THROWS_AS(RangeObserver(graph, {.percentile = percentile}), Error);
  for (double momentum : {0.0, 1.5, -0.1, std::nan("")})
    CHECK_THROWS_AS(RangeObserver(graph, {.momentum = momentum}), Error);
}

TEST_CASE("layers that share a quantiser unite within a batch, then move the average once") {
  const Graph graph = joined();
  RangeObserver observer(graph, {.momentum = 0.5});
  const auto batch = [&](std::initializer_list<float> left, std::initializer_list<float> right) {
    observer.observe(0, row({0, 1}));
    observer.observe(1, row(left));
    observer.observe(2, row(right));
    observer.observe(3, row({-1000, 1000}));  // a copy has no say
    observer.observe(4, row({-1, 1}));
  };
  batch({-1, 2}, {-3, 1});
  check_range(observer, 1, -3, 2);
  batch({-1, 4}, {0, 8});  // united -1 to 8; halfway from -3 to 2
  check_range(observer, 1, -2, 5);
  check_range(observer, 4, -1, 1);

  // The order of the layers within a batch does not matter.
  RangeObserver reversed(graph, {.momentum = 0.5});
  reversed.observe(2, row({-3, 1}));
  reversed.observe(1, row({-1, 2}));
  reversed.observe(2, row({0, 8}));
  reversed.observe(1, row({-1, 4}));
  check_range(reversed, 1, -2, 5);

  const std::vector<Quantization> q = observer.quantizations();
  CHECK(q[0] == kImageQuantization);
  CHECK(q[1] == quantization_of({-2, 5}));
  CHECK(q[2] == q[1]);
  CHECK(q[3] == q[1]);
}

TEST_CASE("ranges of a training step unite in the same way; copies are passed over") {
  const Graph graph = joined();
  RangeObserver observer(graph, {.momentum = 0.5});
  observer.observe(std::vector<Range>{{0, 1}, {-1, 2}, {-3, 1}, {0, 0}, {-1, 1}});
  check_range(observer, 1, -3, 2);
  observer.observe(std::vector<Range>{{0, 1}, {-1, 4}, {0, 8}, {-99, 99}, {0, 0}});
  check_range(observer, 1, -2, 5);
  check_range(observer, 4, -0.5f, 0.5f);  // a layer that fell silent counts as such
  CHECK_THROWS_WITH_AS(observer.observe(std::vector<Range>(4)),
                       "a model of 5 layers needs as many ranges; got 4", Error);
  CHECK_THROWS_WITH_AS(observer.observe(std::vector<Range>{{}, {}, {0, kNan}, {}, {}}),
                       "layer 'right': a range has finite bounds; got 0 to nan", Error);
}

TEST_CASE("what cannot be observed is refused, naming the layer") {
  const Graph graph = chain();
  for (auto method : {ObserverOptions::Method::min_max, ObserverOptions::Method::percentile}) {
    RangeObserver observer(graph, {.method = method});
    for (float bad : {kNan, kInfinity, -kInfinity})
      CHECK_THROWS_WITH_AS(observer.observe(1, row({0, bad, 1, 2})),
                           "layer 'first': a value to observe is not finite", Error);
    CHECK_THROWS_WITH_AS(observer.observe(2, Tensor<float>()),
                         "layer 'second': no values to observe", Error);
    observer.observe(1, row({0, 1}));
    CHECK_THROWS_WITH_AS(observer.quantizations(),
                         "layer 'second' has no observed range: calibrate the model first", Error);
  }
}

TEST_CASE("the state round trip loses nothing; hostile states are refused whole") {
  const Graph graph = chain();
  RangeObserver observer(graph, {.momentum = 0.3});
  observer.observe(1, row({-1, 2}));
  observer.observe(1, row({-2, 1}));
  const Tensor<float> state = observer.state();
  CHECK(state.shape() == Shape{3, 3});
  RangeObserver copy(graph, {.momentum = 0.3});
  copy.observe(2, row({-50, 50}));  // forgotten by restore
  copy.restore(state);
  for (RangeObserver* o : {&observer, &copy}) {
    o->observe(1, row({-3, 3}));
    o->observe(2, row({0, 1}));
  }
  const Tensor<float> one = observer.state(), other = copy.state();
  CHECK(std::ranges::equal(one.values(), other.values()));

  CHECK_THROWS_WITH_AS(copy.restore(Tensor<float>(Shape{4, 3})),
                       "the ranges of this model have shape [3,3]; got [4,3]", Error);
  CHECK_THROWS_AS(copy.restore(Tensor<float>()), Error);
  const auto refuses = [&](Index at, float value, const char* message) {
    Tensor<float> hostile = one;
    hostile[3] -= 1;  // what comes before the fault must not be taken over either
    hostile[at] = value;
    CHECK_THROWS_WITH_AS(copy.restore(hostile), message, Error);
    const Tensor<float> after = copy.state();
    CHECK(std::ranges::equal(after.values(), other.values()));
  };
  refuses(6, kNan, "layer 'second': a range has finite bounds, low <= high; got nan to 1");
  refuses(7, kInfinity, "layer 'second': a range has finite bounds, low <= high; got 0 to inf");
  refuses(6, 2, "layer 'second': a range has finite bounds, low <= high; got 2 to 1");
  refuses(8, 0.5f, "layer 'second': a range is observed (1) or not (0); got 0.5");
  refuses(8, kNan, "layer 'second': a range is observed (1) or not (0); got nan");
}
