#pragma once
#include <Eigen/Core>

#include "integrad/tensor/tensor.h"

/// Tensors as Eigen expressions, without a copy, for array arithmetic outside the bit-exact core:
///
///     array(y) = (array(x) - 0.5f) * 2.0f;
///     matrix(y).colwise() += channel_offsets;
///
/// Eigen's reductions (sum, mean, dot, products) choose their own order of summation; where the
/// bits of a result matter, this library's kernels are used instead.
namespace integrad {

/// All elements in order, [elements].
template <class T>
auto array(Tensor<T>& tensor) {
  using Array = Eigen::Array<T, Eigen::Dynamic, 1>;
  return Eigen::Map<Array, Eigen::Aligned64>(tensor.data(), tensor.size());
}
template <class T>
auto array(const Tensor<T>& tensor) {
  using Array = Eigen::Array<T, Eigen::Dynamic, 1>;
  return Eigen::Map<const Array, Eigen::Aligned64>(tensor.data(), tensor.size());
}

/// One row per point, one column per channel: [elements / channels, channels]. Throws Error for a
/// tensor without channels.
template <class T>
auto matrix(Tensor<T>& tensor) {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  require(!tensor.empty() && tensor.shape().rank() > 0, "a matrix needs channels; got ",
          tensor.shape());
  const Index channels = tensor.shape().channels();
  return Eigen::Map<Matrix, Eigen::Aligned64>(tensor.data(), tensor.size() / channels, channels);
}
template <class T>
auto matrix(const Tensor<T>& tensor) {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  require(!tensor.empty() && tensor.shape().rank() > 0, "a matrix needs channels; got ",
          tensor.shape());
  const Index channels = tensor.shape().channels();
  return Eigen::Map<const Matrix, Eigen::Aligned64>(tensor.data(), tensor.size() / channels,
                                                    channels);
}

}  // namespace integrad
