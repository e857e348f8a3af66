#pragma once
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

namespace integrad {

namespace detail {
/// Memory aligned to a cache line. Large blocks come from, and return to, a store of this process
/// that keeps them for the next buffer of their size, or at need of a smaller one: a training step
/// makes the same buffers every time, and fresh pages would cost more than computing on them. The
/// store never holds memory in use and kept together above 1.25 times the most that was in use at
/// once.
void* take_block(std::size_t bytes);
void give_block(void* block, std::size_t bytes) noexcept;
/// Bytes of large blocks in use, and the most at once since watch_blocks(). Zeros where blocks are
/// not kept (under the address sanitizer).
struct BlockUse {
  std::size_t now, most;
};
BlockUse block_use();
void watch_blocks();
}  // namespace detail

/// A contiguous block of plain numbers, aligned to a cache line (and so to any SIMD register).
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  /// Memory that holds anything: for results that are about to be written whole.
  static Buffer uninitialized(std::size_t size) {
    Buffer buffer;
    if (size > 0) buffer.data_ = static_cast<T*>(detail::take_block(size * sizeof(T)));
    buffer.size_ = size;
    return buffer;
  }
  Buffer(const Buffer& other) : Buffer(uninitialized(other.size_)) {
    if (size_ > 0) std::memcpy(data_, other.data_, size_ * sizeof(T));
  }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Buffer() {
    if (data_ != nullptr) detail::give_block(data_, size_ * sizeof(T));
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace integrad
