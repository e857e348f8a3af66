#include "integrad/tensor/buffer.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace integrad;

TEST_CASE("buffers are aligned, deep copies, and keep their content whatever is reused") {
  for (std::size_t size : {1u, 100u, 20000u, 70000u, 500000u}) {
    Buffer<float> a = Buffer<float>::uninitialized(size);
    CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0);
    for (std::size_t i = 0; i < size; ++i) a.data()[i] = static_cast<float>(i);
    Buffer<float> b = a;
    CHECK(b.data() != a.data());
    a = Buffer<float>();
    // Takes the block that `a` gave back; `b` must not notice.
    Buffer<float> c = Buffer<float>::uninitialized(size);
    for (std::size_t i = 0; i < size; ++i) c.data()[i] = -1;
    bool same = true;
    for (std::size_t i = 0; i < size; ++i) same = same && b.data()[i] == static_cast<float>(i);
    CHECK(same);
  }
}

TEST_CASE("buffers of a large page and more begin at one") {
  constexpr std::size_t kPage = std::size_t{1} << 21;
  for (std::size_t size : {kPage - 1, kPage, 3 * kPage + 5}) {
    Buffer<std::uint8_t> a = Buffer<std::uint8_t>::uninitialized(size);
    if (size >= kPage) CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % kPage == 0);
    a.data()[0] = a.data()[size - 1] = 7;
    const Buffer<std::uint8_t> b = a;
    CHECK((b.data()[0] == 7 && b.data()[size - 1] == 7));
  }
}

TEST_CASE("many buffers of changing sizes neither overlap nor pile up") {
  std::vector<Buffer<std::uint8_t>> live;
  for (std::size_t round = 0; round < 200; ++round) {
    const std::size_t size = 65536 + round * 4096;
    live.push_back(Buffer<std::uint8_t>::uninitialized(size));
    for (std::size_t i = 0; i < size; i += 4096)
      live.back().data()[i] = static_cast<std::uint8_t>(round);
    if (live.size() > 5) live.erase(live.begin());
  }
  for (std::size_t k = 0; k < live.size(); ++k) CHECK(live[k].data()[0] == 195 + k);
}

#if !defined(__SANITIZE_ADDRESS__)  // under which each buffer has memory of its own
TEST_CASE("a large block serves again, whole or in part") {
  // More than other tests use at once; untouched pages cost nothing.
  constexpr std::size_t kSize = std::size_t{3} << 30;
  const void* block = nullptr;
  {
    const auto first = Buffer<char>::uninitialized(kSize);
    block = first.data();
  }
  {
    const auto again = Buffer<char>::uninitialized(kSize);
    CHECK(again.data() == block);
  }
  {
    // A new block would go beyond what is held at most.
    auto part = Buffer<char>::uninitialized(kSize / 2);
    CHECK(part.data() == block);
    part.data()[kSize / 2 - 1] = 1;
  }
  const auto whole = Buffer<char>::uninitialized(kSize);
  CHECK(whole.data() == block);
  // In use: another is another.
  const auto other = Buffer<char>::uninitialized(kSize / 2);
  CHECK(other.data() != block);
}
#endif
