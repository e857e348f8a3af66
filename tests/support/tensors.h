#pragma once
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "integrad/tensor/parallel.h"
#include "integrad/tensor/random.h"
#include "integrad/tensor/tensor.h"

namespace integrad {

/// Standard normal values; `stream` names the draw.
template <class T>
Tensor<T> normal_tensor(Shape shape, std::uint64_t stream) {
  const Random random(7, stream);
  Tensor<T> tensor = Tensor<T>::uninitialized(shape);
  for (Index i = 0; i < tensor.size(); ++i)
    tensor[i] = static_cast<T>(random.normal(static_cast<std::uint64_t>(i)));
  return tensor;
}

template <class T>
bool same_bits(const Tensor<T>& a, const Tensor<T>& b) {
  return a.shape() == b.shape() &&
         (a.empty() ||
          std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(T)) == 0);
}

template <class T>
void check_equal(const Tensor<T>& got, const Tensor<T>& want) {
  REQUIRE(got.shape() == want.shape());
  for (Index i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    CHECK(got[i] == want[i]);
  }
}

/// The largest difference, in units of max(1, |want|); infinity for a NaN or another shape.
template <class T>
double largest_error(const Tensor<T>& got, const Tensor<T>& want) {
  if (got.shape() != want.shape()) return INFINITY;
  double worst = 0;
  for (Index i = 0; i < got.size(); ++i) {
    const double error = std::fabs(static_cast<double>(got[i]) - static_cast<double>(want[i])) /
                         std::fmax(1, std::fabs(static_cast<double>(want[i])));
    if (!(error <= worst)) worst = std::isnan(error) ? INFINITY : error;
  }
  return worst;
}

/// Runs compute() -> std::vector<Tensor<T>> with 1, 2, 3 and 5 threads; the bits must not change.
template <class Compute>
void check_same_bits_for_any_threads(Compute&& compute) {
  const int before = threads();
  set_threads(1);
  const auto expected = compute();
  for (const int count : {2, 3, 5}) {
    set_threads(count);
    const auto results = compute();
    CAPTURE(count);
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(same_bits(results[i], expected[i]));
  }
  set_threads(before);
}

}  // namespace integrad
