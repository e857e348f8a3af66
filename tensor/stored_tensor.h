#pragma once
#include <utility>

#include "integrad/tensor/bfloat16.h"
#include "integrad/tensor/tensor.h"

namespace integrad {

/// How memory holds a map of type T: as it is, or (T is float) rounded to bfloat16.
enum class Storage { full, bfloat16 };

/// Elements where they lie: one of the two is set, or neither when there are none.
template <class T>
struct Stored {
  const T* full = nullptr;
  const BFloat16* rounded = nullptr;
  bool empty() const { return full == nullptr && rounded == nullptr; }
};

/// The same, to be written.
template <class T>
struct StoredTarget {
  T* full = nullptr;
  BFloat16* rounded = nullptr;
  bool empty() const { return full == nullptr && rounded == nullptr; }
};

/// A tensor of T in either storage.
template <class T>
class StoredTensor {
 public:
  StoredTensor() = default;
  StoredTensor(Tensor<T> full) : full_(std::move(full)) {}  // NOLINT: it is one
  /// Elements hold anything until written.
  static StoredTensor uninitialized(Shape shape, Storage storage) {
    StoredTensor tensor;
    if (storage == Storage::full)
      tensor.full_ = Tensor<T>::uninitialized(shape);
    else
      tensor.rounded_ = Tensor<BFloat16>::uninitialized(shape);
    return tensor;
  }

  Storage storage() const { return rounded_.empty() ? Storage::full : Storage::bfloat16; }
  const Shape& shape() const { return rounded_.empty() ? full_.shape() : rounded_.shape(); }
  Index size() const { return full_.size() + rounded_.size(); }
  bool empty() const { return size() == 0; }
  Stored<T> elements() const { return {full_.data(), rounded_.data()}; }
  StoredTarget<T> target() { return {full_.data(), rounded_.data()}; }
  /// Storage::full only.
  const Tensor<T>& full() const { return full_; }
  Tensor<T>& full() { return full_; }

 private:
  Tensor<T> full_;
  Tensor<BFloat16> rounded_;
};

}  // namespace integrad
