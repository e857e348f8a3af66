#pragma once
#include <algorithm>
#include <span>
#include <vector>

#include "integrad/tensor/buffer.h"
#include "integrad/tensor/error.h"
#include "integrad/tensor/shape.h"

namespace integrad {

/// A dense, row-major tensor that owns its elements: no strides, no views, copies are deep.
/// T is float, double, int8_t, uint8_t or int32_t. A default-constructed tensor is empty (rank 0,
/// no elements) and stands for "not there".
template <class T>
class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(Shape shape, T value = T(0)) : Tensor(uninitialized(shape)) { fill(value); }
  /// Throws Error when the number of values differs from the shape's.
  Tensor(Shape shape, std::span<const T> values) : Tensor(uninitialized(shape)) {
    require(static_cast<Index>(values.size()) == shape.elements(), "a tensor of shape ", shape,
            " holds ", shape.elements(), " values; got ", values.size());
    std::copy(values.begin(), values.end(), data());
  }
  Tensor(Shape shape, std::initializer_list<T> values)
      : Tensor(shape, std::span<const T>(values.begin(), values.size())) {}
  /// Elements hold anything until written.
  static Tensor uninitialized(Shape shape) {
    Tensor tensor;
    tensor.shape_ = shape;
    tensor.buffer_ = Buffer<T>::uninitialized(static_cast<std::size_t>(shape.elements()));
    return tensor;
  }

  const Shape& shape() const { return shape_; }
  Index size() const { return static_cast<Index>(buffer_.size()); }
  bool empty() const { return buffer_.size() == 0; }

  T* data() { return buffer_.data(); }
  const T* data() const { return buffer_.data(); }
  std::span<T> values() { return {buffer_.data(), buffer_.size()}; }
  std::span<const T> values() const { return {buffer_.data(), buffer_.size()}; }
  T* begin() { return data(); }
  T* end() { return data() + size(); }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size(); }

  /// Element by flat position; unchecked, for inner loops.
  T& operator[](Index i) { return buffer_.data()[i]; }
  const T& operator[](Index i) const { return buffer_.data()[i]; }
  /// Element of a rank-4 tensor; unchecked.
  T& operator()(Index n, Index y, Index x, Index c) { return buffer_.data()[offset(n, y, x, c)]; }
  const T& operator()(Index n, Index y, Index x, Index c) const {
    return buffer_.data()[offset(n, y, x, c)];
  }
  Index offset(Index n, Index y, Index x, Index c) const {
    return ((n * shape_.height() + y) * shape_.width() + x) * shape_.channels() + c;
  }

  void fill(T value) { std::fill(begin(), end(), value); }
  /// The same elements under another shape; throws Error when the counts differ.
  Tensor reshaped(Shape shape) && {
    require(shape.elements() == shape_.elements(), "cannot reshape ", shape_, " to ", shape);
    shape_ = shape;
    return std::move(*this);
  }
  template <class U>
  Tensor<U> cast() const {
    Tensor<U> result = Tensor<U>::uninitialized(shape_);
    std::transform(begin(), end(), result.begin(), [](T v) { return static_cast<U>(v); });
    return result;
  }

 private:
  Shape shape_;
  Buffer<T> buffer_;
};

}  // namespace integrad
