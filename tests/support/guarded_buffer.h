#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>

namespace integrad::testing {

/// `count` elements between two pages that nobody may touch: a kernel that reads or writes past the
/// end (or, with `Edge::begin`, before the begin) ends the test at once. The other end has some
/// bytes of room.
template <class T>
class GuardedBuffer {
 public:
  enum class Edge { begin, end };

  GuardedBuffer(std::size_t count, Edge edge) : count_(count) {
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t inner = (count * sizeof(T) + page) / page * page;  // never empty
    bytes_ = inner + 2 * page;
    void* const map =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) throw std::runtime_error("no memory for a guarded buffer");
    map_ = static_cast<std::byte*>(map);
    mprotect(map_, page, PROT_NONE);
    mprotect(map_ + page + inner, page, PROT_NONE);
    std::byte* const first = map_ + page + (edge == Edge::begin ? 0 : inner - count * sizeof(T));
    data_ = reinterpret_cast<T*>(first);
  }
  ~GuardedBuffer() { munmap(map_, bytes_); }
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(const GuardedBuffer&) = delete;

  T* data() { return data_; }
  std::span<T> values() { return {data_, count_}; }

 private:
  std::size_t count_, bytes_ = 0;
  std::byte* map_ = nullptr;
  T* data_ = nullptr;
};

}  // namespace integrad::testing
