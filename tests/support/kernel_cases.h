#pragma once
#include <doctest/doctest.h>

#include <bit>
#include <cstdint>

#include "integrad/tensor/geometry.h"
#include "integrad/tensor/isa.h"
#include "integrad/tensor/parallel.h"
#include "integrad/tensor/random.h"
#include "integrad/tensor/tensor.h"

namespace integrad::testing {

/// Values between -1 and 1, among them both zeros, and some so small that products underflow.
template <class T>
Tensor<T> kernel_values(const Shape& shape, std::uint64_t seed) {
  const Random random(seed, 7);
  Tensor<T> values = Tensor<T>::uninitialized(shape);
  for (Index i = 0; i < values.size(); ++i) {
    const auto draw = static_cast<std::uint64_t>(i);
    const double value = random.uniform(draw, -1.0, 1.0);
    const std::uint64_t kind = random.bits(draw) % 16;
    values[i] = static_cast<T>(kind == 0   ? 0.0
                               : kind == 1 ? -0.0
                               : kind == 2 ? value * 0x1p-80
                                           : value);
  }
  return values;
}

/// Index of the first element whose bits differ, or -1.
inline Index first_difference(const Tensor<float>& a, const Tensor<float>& b) {
  for (Index i = 0; i < a.size(); ++i)
    if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i])) return i;
  return -1;
}

/// A result with a guard of known bits behind it, so that writing past the end shows.
struct Guarded {
  static constexpr Index kGuard = 32;
  static constexpr float kMark = -12345.0f;
  explicit Guarded(Index size) : values(Shape{size + kGuard}, kMark), size(size) {}
  bool intact() const {
    for (Index i = size; i < size + kGuard; ++i)
      if (values[i] != kMark) return false;
    return true;
  }
  Index differs_from(const Tensor<float>& expected) const {
    for (Index i = 0; i < size; ++i)
      if (std::bit_cast<std::uint32_t>(values[i]) != std::bit_cast<std::uint32_t>(expected[i]))
        return i;
    return -1;
  }
  Tensor<float> values;
  Index size;
};

/// Calls body() under every available instruction set, and restores the settings afterwards. The
/// number of threads changes with `salt`: 1, 2, 3 or 5.
template <class Body>
void for_each_isa(std::uint64_t salt, Body&& body) {
  constexpr int kThreads[] = {1, 2, 3, 5};
  const Isa before = isa();
  const int threads_before = threads();
  for (Isa isa : available_isas()) {
    CAPTURE(name(isa));
    set_isa(isa);
    set_threads(kThreads[salt++ % 4]);
    body();
  }
  set_isa(before);
  set_threads(threads_before);
}

}  // namespace integrad::testing
