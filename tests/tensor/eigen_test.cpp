#include "integrad/tensor/eigen.h"

#include <doctest/doctest.h>

using namespace integrad;

TEST_CASE("array and matrix expressions work on a tensor's own elements") {
  Tensor<float> x(Shape{1, 2, 1, 3}, {1, 2, 3, 4, 5, 6});
  array(x) = array(x) * 2.0f - 1.0f;
  CHECK(x[0] == 1);
  CHECK(x[5] == 11);
  const Tensor<float>& constant = x;
  CHECK(matrix(constant).rows() == 2);
  CHECK(matrix(constant)(1, 2) == 11);
  matrix(x).col(1).setZero();
  CHECK(x[1] == 0);
  CHECK(x[4] == 0);
  CHECK(x[3] == 7);
  Tensor<float> none;
  CHECK_THROWS_AS(matrix(none), Error);
}
