#include "integrad/quant/quantization.h"
#include "integrad/quant/observer.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "integrad/tensor/error.h"
#include "integrad/tensor/random.h"

using namespace integrad;

TEST_CASE("scale and zero point of ranges worked out by hand") {
  CHECK(quantization_of({-1, 1.55f}) == Quantization{0.01f, -28});  // -128 + 100
  CHECK(quantization_of({0, 255}) == Quantization{1, -128});
  CHECK(quantization_of({-255, 0}) == Quantization{1, 127});
  CHECK(quantization_of({-128, 127}) == Quantization{1, 0});
  // Widened to contain 0.
  CHECK(quantization_of({100, 255}) == Quantization{1, -128});
  CHECK(quantization_of({-255, -100}) == Quantization{1, 127});
}

TEST_CASE("ranges of no width get the smallest scale, and 0 its code") {
  CHECK(quantization_of({0, 0}) == Quantization{0x1p-20f, -128});
  CHECK(quantization_of({-0.0f, 0}).zero_point == -128);
  CHECK(quantization_of({0, 1e-30f}) == Quantization{0x1p-20f, -128});
  CHECK(quantization_of({-1e-40f, 1e-40f}).scale == 0x1p-20f);
  const Quantization one = quantization_of({5, 5});
  CHECK(one.scale == static_cast<float>(5.0 / 255));
  CHECK(one.zero_point == -128);
}

TEST_CASE("0 is exact, the zero point a code, and the range covered to half a step") {
  const Random random(8, 1);
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const double size = std::ldexp(1.0, static_cast<int>(random.below(4 * i, 130)) - 12);
    const float a = static_cast<float>(size * random.uniform(4 * i + 1, -1, 1));
    const float b = static_cast<float>(size * random.uniform(4 * i + 2, -1, 1));
    const Range range{std::min(a, b), std::max(a, b)};
    const Quantization q = quantization_of(range);
    REQUIRE(std::isnormal(q.scale));
    REQUIRE(q.zero_point >= -128);
    REQUIRE(q.zero_point <= 127);
    REQUIRE(q.real(q.zero_point) == 0);
    const double half = 0.5001 * static_cast<double>(q.scale);
    REQUIRE(static_cast<double>(q.real(-128)) <=
            std::min(0.0, static_cast<double>(range.low)) + half);
    REQUIRE(static_cast<double>(q.real(127)) >=
            std::max(0.0, static_cast<double>(range.high)) - half);
  }
}

TEST_CASE("the widest ranges of a float, and those that are none") {
  constexpr float kMost = std::numeric_limits<float>::max();
  const Quantization q = quantization_of({-kMost, kMost});
  CHECK(std::isfinite(q.scale));
  CHECK(std::abs(q.zero_point) <= 1);
  const float nan = std::nanf("");
  for (const Range bad : {Range{nan, 1}, Range{0, nan}, Range{-INFINITY, 1}, Range{0, INFINITY}})
    CHECK_THROWS_AS(quantization_of(bad), Error);
  CHECK_THROWS_WITH_AS(quantization_of({2, 1}),
                       "a range has finite bounds, low <= high; got 2 to 1", Error);
}

TEST_CASE("pools, unpools and concat share the quantiser of what they copy") {
  Graph graph;
  const Value x = graph.input({1, 8, 8, 2});
  const Value image_pool = graph.layer("image_pool", layer::MaxPool{WindowSpec::square(2, 2)}, {x});
  const Value conv = graph.layer("conv", layer::Conv2d{2, WindowSpec::square(1)}, {x});
  const Value pool = graph.layer("pool", layer::MaxPool{WindowSpec::square(2, 2)}, {conv});
  const Value mean = graph.layer("mean", layer::AveragePool{WindowSpec::square(1)}, {pool});
  const Value deep = graph.layer("deep", layer::Conv2d{2, WindowSpec::square(1)}, {mean});
  const Value up = graph.max_unpool("up", deep, pool);
  const Value other = graph.layer("other", layer::Conv2d{3, WindowSpec::square(1)}, {x});
  const Value both = graph.layer("both", layer::Concat{}, {other, conv});
  const Value tail = graph.layer("tail", layer::Slice{{0, 0, 0}, {4, 4, 1}}, {both});
  const std::vector<int> classes = quantizer_classes(graph);
  const auto of = [&](Value v) { return classes[static_cast<std::size_t>(v.id)]; };
  CHECK(of(x) == 0);
  CHECK(of(image_pool) == 0);
  CHECK(of(conv) == conv.id);
  CHECK(of(pool) == conv.id);
  CHECK(of(mean) == conv.id);
  CHECK(of(deep) == deep.id);
  CHECK(of(up) == deep.id);  // the pool lends it winners, not codes
  CHECK(of(other) == conv.id);
  CHECK(of(both) == conv.id);
  CHECK(of(tail) == conv.id);
}

TEST_CASE("quantisations that do not fit a graph are refused, naming the layer") {
  Graph graph;
  const Value x = graph.input({1, 4, 4, 2});
  const Value conv = graph.layer("conv", layer::Conv2d{2, WindowSpec::square(1)}, {x});
  graph.layer("pool", layer::MaxPool{WindowSpec::square(2, 2)}, {conv});
  const std::vector<Quantization> good{kImageQuantization, {0.5f, 3}, {0.5f, 3}};
  CHECK_NOTHROW(check_quantizations(graph, good));
  CHECK_THROWS_WITH_AS(check_quantizations(graph, std::span(good).first(2)),
                       "a model of 3 layers needs as many quantisations; got 2", Error);
  const auto refuses = [&](std::size_t at, Quantization q, const std::string& message) {
    std::vector<Quantization> bad = good;
    bad[at] = q;
    CHECK_THROWS_WITH_AS(check_quantizations(graph, bad), message.c_str(), Error);
  };
  refuses(1, {0, 3}, "layer 'conv': a scale is a normal number above 0; got 0");
  refuses(1, {-1, 3}, "layer 'conv': a scale is a normal number above 0; got -1");
  refuses(1, {INFINITY, 3}, "layer 'conv': a scale is a normal number above 0; got inf");
  refuses(0, {1e-40f, 3}, "layer 'input': a scale is a normal number above 0; got 9.99995e-41");
  refuses(1, {1, 128}, "layer 'conv': a zero point lies in -128..127; got 128");
  refuses(1, {1, -129}, "layer 'conv': a zero point lies in -128..127; got -129");
  refuses(2, {0.5f, 4},
          "layer 'pool' copies codes and needs the quantisation of layer 'conv'; got scale 0.5, "
          "zero point 4 and scale 0.5, zero point 3");
}

TEST_CASE("softmax and sigmoid prescribe the quantisation of their class") {
  Graph graph;
  const Value x = graph.input({1, 4, 4, 2});
  const Value soft = graph.layer("soft", layer::Softmax{}, {x});
  const Value gate =
      graph.layer("gate", layer::Pointwise{layer::Pointwise::Function::sigmoid}, {x});
  graph.layer("both", layer::Concat{}, {soft, gate});
  const auto prescribed = prescribed_quantizations(graph);
  CHECK(prescribed[0] == nullptr);
  for (std::size_t id = 1; id < 4; ++id) CHECK(*prescribed[id] == Quantization{1.0f / 256, -128});
  RangeObserver observer(graph, {});
  observer.observe(std::vector<Range>(4, Range{-3, 5}));
  const auto quantizations = observer.quantizations();
  CHECK(quantizations[0] == kImageQuantization);
  CHECK(quantizations[3] == kShareQuantization);
  check_quantizations(graph, quantizations);
}

TEST_CASE("what cannot share a prescribed quantisation is refused, with the way out") {
  Graph graph;
  const Value x = graph.input({1, 4, 4, 2});
  const Value gate =
      graph.layer("gate", layer::Pointwise{layer::Pointwise::Function::sigmoid}, {x});
  const Value conv = graph.layer("conv", layer::Conv2d{2, WindowSpec::square(1)}, {x});
  Graph fine = graph, image = graph;
  graph.layer("joined", layer::Concat{}, {gate, conv});
  CHECK_THROWS_WITH_AS(RangeObserver(graph, {}),
                       "layer 'conv' would have to share the fixed quantisation of layer 'gate', 0 "
                       "to 1; a ReLU between that one and the concat gives it one of its own",
                       Error);
  image.layer("joined", layer::Concat{}, {x, gate});
  CHECK_THROWS_AS(prescribed_quantizations(image), Error);
  const Value own = fine.layer("own", layer::Pointwise{layer::Pointwise::Function::relu}, {gate});
  fine.layer("joined", layer::Concat{}, {own, conv});
  CHECK(prescribed_quantizations(fine).back() == nullptr);
}
