#pragma once
#include <cstdint>
#include <cstring>

namespace integrad {

/// The upper half of a float: 8 exponent bits as float has, 8 significant bits in the place of 24.
/// A format to store floats in; nothing computes in it.
struct BFloat16 {
  std::uint16_t bits;
  bool operator==(const BFloat16&) const = default;
};

/// To the nearest, of two the one with an even last bit; subnormals are not special, what lies
/// beyond the largest becomes infinity, and NaN stays NaN (quiet: its kept bits could be an
/// infinity's). In integers: the bits do not depend on the processor.
inline BFloat16 to_bfloat16(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return {static_cast<std::uint16_t>((bits >> 16) | 0x0040u)};
  return {static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16)};
}

/// Exact.
inline float to_float(BFloat16 value) {
  const std::uint32_t bits = std::uint32_t{value.bits} << 16;
  float result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

}  // namespace integrad
