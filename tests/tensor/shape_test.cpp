#include "integrad/tensor/shape.h"

#include <doctest/doctest.h>

#include "integrad/tensor/error.h"
#include "integrad/tensor/tensor.h"

using namespace integrad;

TEST_CASE("shapes print the same way for every rank") {
  CHECK(to_string(Shape{}) == "[]");
  CHECK(to_string(Shape{5}) == "[5]");
  CHECK(to_string(Shape{1, 32, 32, 16}) == "[1,32,32,16]");
}

TEST_CASE("a shape refuses what it cannot hold") {
  CHECK_THROWS_WITH_AS((Shape{1, 2, 3, 4, 5}), "a shape has at most 4 extents; got 5", Error);
  CHECK_THROWS_AS((Shape{-1}), Error);
  CHECK_THROWS_AS((Shape{Index{1} << 31}), Error);
  // The product would overflow 64 bits; the check must not.
  CHECK_THROWS_AS((Shape{2147483647, 2147483647, 2147483647, 2147483647}), Error);
  CHECK((Shape{0, 2147483647, 2147483647}).elements() == 0);
}

TEST_CASE("a tensor's copies are deep and its reshape keeps the elements") {
  Tensor<float> a(Shape{2, 2}, {1, 2, 3, 4});
  Tensor<float> b = a;
  b[0] = 9;
  CHECK(a[0] == 1);
  const Tensor<float> c = std::move(b).reshaped(Shape{4});
  CHECK(c.shape() == Shape{4});
  CHECK(c[0] == 9);
  CHECK_THROWS_AS(Tensor<float>(a).reshaped(Shape{3}), Error);
  CHECK_THROWS_AS((Tensor<float>(Shape{3}, {1, 2})), Error);
}
