#pragma once
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace integrad {

/// A contiguous block of plain numbers, aligned to a cache line (and so to any SIMD register).
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);
  static constexpr std::align_val_t kAlignment{64};

 public:
  Buffer() = default;
  /// Memory that holds anything: for results that are about to be written whole.
  static Buffer uninitialized(std::size_t size) {
    Buffer buffer;
    if (size > 0) buffer.data_ = static_cast<T*>(::operator new(size * sizeof(T), kAlignment));
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
    if (data_ != nullptr) ::operator delete(data_, kAlignment);
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace integrad
