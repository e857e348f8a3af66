// What a graph refuses as it is built, so that no later treatment of the model has to.
#include <doctest/doctest.h>

#include <string>

#include "integrad/nn/graph.h"
#include "integrad/tensor/error.h"

using namespace integrad;

TEST_CASE("layer names are printable and cannot leave a comment or a string of emitted C") {
  Graph graph;
  const Value x = graph.input({1, 4, 4, 1});
  const layer::Pointwise relu{layer::Pointwise::Function::relu};
  for (const char* good : {"encoder1/full", "a b", "x*y", "1.5", "~!@#$%^&()[]{}<>?;:,|`-_=+"})
    CHECK_NOTHROW(graph.layer(good, relu, {x}));
  const int size = graph.size();
  for (const std::string bad : {"", "a*/b", "a/*b", "say \"hello\"", "it's", "back\\slash",
                                "two\nlines", "tab\t", "\x7f", "caf\xc3\xa9"})
    CHECK_THROWS_WITH_AS(graph.layer(bad, relu, {x}),
                         "layer 6: a name is printable ASCII without quotes, backslash and the "
                         "marks of a comment",
                         Error);
  CHECK_THROWS_AS(graph.layer(std::string("nul\0", 4), relu, {x}), Error);
  CHECK(graph.size() == size);
}

TEST_CASE("a max pool of more points than a byte can tell apart is refused") {
  Graph graph;
  const Value x = graph.input({1, 20, 20, 1});
  CHECK(graph.shape(graph.layer("fits", layer::MaxPool{WindowSpec::square(16)}, {x})) ==
        Shape{1, 5, 5, 1});
  CHECK_THROWS_WITH_AS(graph.layer("wide", layer::MaxPool{WindowSpec::square(17)}, {x}),
                       "layer 'wide': max pooling keeps a winner in one byte, so a window has at "
                       "most 256 points; got 17x17",
                       Error);
}

TEST_CASE("unpooling is refused where windows overlap, dilation counted") {
  Graph graph;
  const Value x = graph.input({1, 9, 9, 1});
  const Value apart =
      graph.layer("apart", layer::MaxPool{{2, 2, 3, 3, 2, 2, Padding::valid()}}, {x});
  CHECK(graph.shape(graph.max_unpool("up", apart, apart)) == Shape{1, 9, 9, 1});
  const Value dilated =
      graph.layer("dilated", layer::MaxPool{{2, 2, 2, 2, 1, 2, Padding::valid()}}, {x});
  CHECK_THROWS_WITH_AS(
      graph.max_unpool("tangled", dilated, dilated),
      "layer 'tangled': max unpooling needs windows that do not overlap; extent 2x3, stride 2x2",
      Error);
}

TEST_CASE("an unpool that does not mirror its second input is refused") {
  Graph graph;
  const Value x = graph.input({1, 8, 8, 1});
  const WindowSpec two = WindowSpec::square(2, 2);
  const Value pool = graph.layer("pool", layer::MaxPool{two}, {x});
  const Value half = graph.layer("half", layer::Conv2d{1, two}, {x});
  const char* rule =
      "layer 'up': unpooling needs two inputs, the second a max pool of the same window";
  CHECK_THROWS_WITH_AS(graph.layer("up", layer::MaxUnpool{two, 8, 8}, {half, half}), rule, Error);
  CHECK_THROWS_WITH_AS(graph.layer("up", layer::MaxUnpool{two, 8, 8}, {half}), rule, Error);
  const WindowSpec other{1, 2, 2, 2, 1, 1, Padding::valid()};
  CHECK_THROWS_WITH_AS(graph.layer("up", layer::MaxUnpool{other, 8, 8}, {half, pool}), rule, Error);
  CHECK_THROWS_WITH_AS(graph.layer("up", layer::MaxUnpool{two, 80, 8}, {half, pool}),
                       "layer 'up': unpooling undoes a pool from [1,80,8,1] to [1,40,4,1]; the "
                       "values have shape [1,4,4,1]",
                       Error);
  CHECK_NOTHROW(graph.layer("up", layer::MaxUnpool{two, 8, 8}, {half, pool}));
}
