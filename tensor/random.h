#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace integrad {

/// Counter-based random numbers (Philox 4x32, ten rounds; Salmon et al., SC 2011): the value is a
/// function of (seed, stream, index), so any element can be drawn by any thread in any order.
class Random {
 public:
  constexpr Random(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}

  /// Four independent 32-bit words for this index.
  std::array<std::uint32_t, 4> words(std::uint64_t index) const;
  std::uint64_t bits(std::uint64_t index) const;
  /// Uniform in [0, 1), 53 bits.
  double uniform(std::uint64_t index) const;
  double uniform(std::uint64_t index, double low, double high) const;
  /// Standard normal (Box-Muller with this library's own log, cos).
  double normal(std::uint64_t index) const;
  /// Uniform in 0 .. count - 1; count >= 1.
  std::uint64_t below(std::uint64_t index, std::uint64_t count) const;
  /// The numbers 0 .. count - 1 in random order (Fisher-Yates).
  std::vector<std::uint32_t> permutation(std::uint32_t count) const;

  /// A generator for a part of this one's purpose: streams named by numbers, seeds kept.
  Random substream(std::uint64_t name) const;

 private:
  std::uint64_t seed_, stream_;
};

}  // namespace integrad
