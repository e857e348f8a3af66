#include "integrad/nn/graph.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "integrad/nn/parameters.h"
#include "integrad/tensor/error.h"

using namespace integrad;

TEST_CASE(
    "a layer that does not fit is refused by name, with the shapes, as the model is written") {
  Graph graph;
  const Value x = graph.input({1, 4, 4, 1});
  CHECK_THROWS_WITH_AS(
      graph.layer("too_big", layer::Conv2d{1, WindowSpec::square(7)}, {x}),
      "layer 'too_big': the window of extent 7x7 is larger than the padded input of height 4 and "
      "width 4",
      Error);
  CHECK_THROWS_AS(graph.layer("input", layer::Softmax{}, {x}), Error);  // the name is taken
  CHECK_THROWS_AS(graph.layer("other", layer::Softmax{}, {Value{7}}), Error);
  CHECK_THROWS_WITH_AS(graph.max_unpool("up", x, x),
                       "layer 'up': unpooling mirrors a max pool; 'input' is of kind input", Error);
}

TEST_CASE("unpooling restores the shape of its pool's input, odd sides included") {
  Graph graph;
  const Value x = graph.input({1, 7, 9, 2});
  const Value pool = graph.layer("pool", layer::MaxPool{WindowSpec::square(2, 2)}, {x});
  CHECK(graph.shape(pool) == Shape{1, 3, 4, 2});
  const Value up = graph.max_unpool("up", pool, pool);
  CHECK(graph.shape(up) == Shape{1, 7, 9, 2});
}

TEST_CASE("initial values depend on seed, name and position alone") {
  const auto make = [](Index width, const char* second) {
    Graph graph;
    Value x = graph.input({1, 8, width, 3});
    x = graph.layer("first", layer::Conv2d{4, WindowSpec::square(3)}, {x});
    graph.layer(second, layer::Conv2d{4, WindowSpec::square(3)}, {x});
    return graph;
  };
  const auto a = initialize<float>(make(8, "second"), 5),
             b = initialize<float>(make(16, "last"), 5);
  const auto c = initialize<float>(make(8, "second"), 6);
  CHECK(std::ranges::equal(a.at("first/weight").values(), b.at("first/weight").values()));
  CHECK_FALSE(std::ranges::equal(a.at("second/weight").values(), b.at("last/weight").values()));
  CHECK_FALSE(std::ranges::equal(a.at("first/weight").values(), c.at("first/weight").values()));
  CHECK_THROWS_AS(check_parameters(make(8, "last"), a), Error);
}
