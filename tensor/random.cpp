#include "integrad/tensor/random.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "integrad/tensor/elementary.h"

namespace integrad {

std::array<std::uint32_t, 4> Random::words(std::uint64_t index) const {
  auto low = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
  auto high = [](std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); };
  std::array<std::uint32_t, 4> counter{low(index), high(index), low(stream_), high(stream_)};
  std::uint32_t key0 = low(seed_), key1 = high(seed_);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {high(b) ^ counter[1] ^ key0, low(b), high(a) ^ counter[3] ^ key1, low(a)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return counter;
}

std::uint64_t Random::bits(std::uint64_t index) const {
  const auto w = words(index);
  return (std::uint64_t{w[0]} << 32) | w[1];
}

double Random::uniform(std::uint64_t index) const {
  return static_cast<double>(bits(index) >> 11) * 0x1p-53;
}

double Random::uniform(std::uint64_t index, double low, double high) const {
  return low + (high - low) * uniform(index);
}

double Random::normal(std::uint64_t index) const {
  const auto w = words(index);
  const std::uint64_t a = (std::uint64_t{w[0]} << 32) | w[1],
                      b = (std::uint64_t{w[2]} << 32) | w[3];
  // 1 - u lies in (0, 1], so the logarithm is finite.
  const double radius =
      std::sqrt(-2.0 * elementary::log(1.0 - static_cast<double>(a >> 11) * 0x1p-53));
  return radius *
         elementary::cos(2.0 * std::numbers::pi * (static_cast<double>(b >> 11) * 0x1p-53));
}

std::uint64_t Random::below(std::uint64_t index, std::uint64_t count) const {
  __extension__ using Wide = unsigned __int128;
  // The bias of multiply-shift is below count / 2^64.
  return static_cast<std::uint64_t>((static_cast<Wide>(bits(index)) * count) >> 64);
}

std::vector<std::uint32_t> Random::permutation(std::uint32_t count) const {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  for (std::uint32_t i = count; i > 1; --i) std::swap(order[i - 1], order[below(i, i)]);
  return order;
}

Random Random::substream(std::uint64_t name) const {
  return Random(seed_, Random(seed_ ^ 0x9E3779B97F4A7C15, stream_).bits(name));
}

}  // namespace integrad
