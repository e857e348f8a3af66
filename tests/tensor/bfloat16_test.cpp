#include "integrad/tensor/bfloat16.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "integrad/tensor/kernels/stored_lines.h"
#include "integrad/tests/support/kernel_cases.h"
#include "integrad/tests/support/tensors.h"

using namespace integrad;
using namespace integrad::testing;

namespace {

float from_bits(std::uint32_t bits) {
  return std::bit_cast<float>(bits);
}

float rounded(float x) {
  return to_float(to_bfloat16(x));
}

// Floats of every kind: any bits at all.
Tensor<float> any_floats(Index count) {
  const Random random(11, 3);
  Tensor<float> values(Shape{count});
  for (Index i = 0; i < count; ++i)
    values[i] = from_bits(static_cast<std::uint32_t>(random.bits(static_cast<std::uint64_t>(i))));
  const float kinds[] = {0.0f,
                         -0.0f,
                         std::numeric_limits<float>::infinity(),
                         -std::numeric_limits<float>::infinity(),
                         std::numeric_limits<float>::max(),
                         from_bits(0x7f800001),  // a NaN of low bits only
                         from_bits(0xffc00000),
                         from_bits(0x00000001),  // subnormals
                         from_bits(0x00008000),
                         from_bits(0x00018000),
                         from_bits(0x807fffff)};
  std::copy(std::begin(kinds), std::end(kinds), values.begin());
  return values;
}

}  // namespace

TEST_CASE("every bfloat16 is a float that rounds to itself, NaN to a NaN") {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const BFloat16 value{static_cast<std::uint16_t>(bits)};
    const float x = to_float(value);
    if (std::isnan(x))
      CHECK(std::isnan(rounded(x)));
    else
      CHECK(to_bfloat16(x) == value);
  }
}

TEST_CASE("rounding goes to the nearest bfloat16, halfway to the even one") {
  CHECK(rounded(1.0f + 0x1p-8f) == 1.0f);                 // halfway, 1 is even
  CHECK(rounded(1.0f + 0x3p-8f) == 1.0f + 0x1p-6f);       // halfway, away from the odd one
  CHECK(rounded(1.0f + 0x1.0002p-8f) == 1.0f + 0x1p-7f);  // just above
  CHECK(rounded(from_bits(0x00008000)) == 0.0f);          // half the smallest subnormal
  CHECK(rounded(from_bits(0x00018000)) == from_bits(0x00020000));
  CHECK(std::isinf(rounded(std::numeric_limits<float>::max())));
  CHECK(std::signbit(rounded(-0.0f)));
  const Tensor<float> values = any_floats(20000);
  for (const float x : values.values()) {
    if (!std::isfinite(x)) continue;
    const double exact = static_cast<double>(x);
    const std::uint32_t low = std::bit_cast<std::uint32_t>(x) & 0xffff0000u;
    const double below = static_cast<double>(from_bits(low));
    // Next to the largest lies infinity, in the place of 2^128.
    const float next = from_bits(low + 0x10000u);
    const double above =
        std::isinf(next) ? std::copysign(0x1p128, exact) : static_cast<double>(next);
    const double to_below = std::abs(exact - below), to_above = std::abs(above - exact);
    const bool up = to_above < to_below || (to_above == to_below && ((low >> 16) & 1) != 0);
    CHECK(std::bit_cast<std::uint32_t>(rounded(x)) == (up ? low + 0x10000u : low));
  }
}

TEST_CASE("rows of bfloat16: every instruction set gives the bits of the definition") {
  for (const Index size : {1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 1000}) {
    CAPTURE(size);
    const Tensor<float> values = any_floats(std::max<Index>(size, 11));
    Tensor<float> nearest = values;
    Tensor<BFloat16> bits = Tensor<BFloat16>::uninitialized(values.shape());
    for (Index i = 0; i < values.size(); ++i) {
      bits[i] = to_bfloat16(values[i]);
      nearest[i] = to_float(bits[i]);
    }
    for_each_isa(static_cast<std::uint64_t>(size), [&] {
      Guarded expanded(size), in_place(size);
      kernels::expand_row(bits.data(), size, expanded.values.data());
      CHECK(expanded.holds(nearest));
      std::copy_n(values.data(), size, in_place.values.data());
      Tensor<BFloat16> stored(Shape{size + 8}, BFloat16{0x1234});
      kernels::round_row(in_place.values.data(), size, stored.data());
      CHECK(in_place.holds(nearest));
      for (Index i = 0; i < stored.size(); ++i)
        CHECK(stored[i] == (i < size ? bits[i] : BFloat16{0x1234}));
    });
  }
}

TEST_CASE("sums of stored tensors are rounded once, wherever the terms lie") {
  const Index size = 40000;  // several pieces and threads
  const Tensor<float> a = normal_tensor<float>({size}, 1), b = normal_tensor<float>({size}, 2);
  for (const Storage before : {Storage::full, Storage::bfloat16})
    for (const Storage term : {Storage::full, Storage::bfloat16})
      for (const Storage after : {Storage::full, Storage::bfloat16}) {
        const StoredTensor<float> x = kernels::stored(a, before), y = kernels::stored(b, term);
        auto sum = StoredTensor<float>::uninitialized(a.shape(), after);
        kernels::add_stored(sum.target(), x.elements(), y.elements(), size);
        const Tensor<float> result = kernels::expanded(sum);
        for (Index i = 0; i < size; ++i) {
          const float left = before == Storage::full ? a[i] : rounded(a[i]);
          const float right = term == Storage::full ? b[i] : rounded(b[i]);
          const float total = left + right;
          REQUIRE(result[i] == (after == Storage::full ? total : rounded(total)));
        }
      }
}
