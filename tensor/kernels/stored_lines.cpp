#include "integrad/tensor/kernels/stored_lines.h"

#include <algorithm>
#include <type_traits>

#include "integrad/tensor/kernels/simd/float_kernels.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels {

void expand_row(const BFloat16* from, Index count, float* to) {
  float_kernels().expand_row(reinterpret_cast<const std::uint16_t*>(from), count, to);
}

void round_row(float* values, Index count, BFloat16* to) {
  float_kernels().round_row(values, count, reinterpret_cast<std::uint16_t*>(to));
}

template <class T>
const T* read(const Stored<T>& from, Index at, Index count, T* scratch) {
  if (from.full != nullptr) return from.full + at;
  if constexpr (std::is_same_v<T, float>) expand_row(from.rounded + at, count, scratch);
  return scratch;
}

template <class T>
void read_into(const Stored<T>& from, Index at, Index count, T* into) {
  const T* const found = read(from, at, count, into);
  if (found != into) std::copy_n(found, count, into);
}

template <class T>
void write(const StoredTarget<T>& to, Index at, Index count, T* values) {
  if constexpr (std::is_same_v<T, float>)
    if (to.rounded != nullptr) round_row(values, count, to.rounded + at);
}

template <class T>
void add_stored(const StoredTarget<T>& after, const Stored<T>& before, const Stored<T>& term,
                Index size) {
  constexpr Index kPiece = 2048;  // so that the scratch stays in the first cache
  parallel_for(size, kElementwiseGrain, [&](Index begin, Index end) {
    T sums[kPiece], left[kPiece], right[kPiece];
    for (Index at = begin; at < end; at += kPiece) {
      const Index count = std::min(kPiece, end - at);
      T* const sum = after.full != nullptr ? after.full + at : sums;
      if (before.empty()) {
        read_into(term, at, count, sum);
      } else {
        const T *const a = read(before, at, count, left), *const b = read(term, at, count, right);
        for (Index i = 0; i < count; ++i) sum[i] = a[i] + b[i];
      }
      write(after, at, count, sum);
    }
  });
}

template <class T>
Tensor<T> expanded(const StoredTensor<T>& stored) {
  if (stored.storage() == Storage::full) return stored.full();
  Tensor<T> result = Tensor<T>::uninitialized(stored.shape());
  add_stored<T>({result.data(), nullptr}, {}, stored.elements(), result.size());
  return result;
}

template <class T>
StoredTensor<T> stored(Tensor<T> values, Storage storage) {
  if (storage == Storage::full) return StoredTensor<T>(std::move(values));
  StoredTensor<T> result = StoredTensor<T>::uninitialized(values.shape(), storage);
  add_stored<T>(result.target(), {}, {values.data(), nullptr}, values.size());
  return result;
}

template const float* read(const Stored<float>&, Index, Index, float*);
template const double* read(const Stored<double>&, Index, Index, double*);
template void read_into(const Stored<float>&, Index, Index, float*);
template void read_into(const Stored<double>&, Index, Index, double*);
template void write(const StoredTarget<float>&, Index, Index, float*);
template void write(const StoredTarget<double>&, Index, Index, double*);
template void add_stored(const StoredTarget<float>&, const Stored<float>&, const Stored<float>&,
                         Index);
template void add_stored(const StoredTarget<double>&, const Stored<double>&, const Stored<double>&,
                         Index);
template Tensor<float> expanded(const StoredTensor<float>&);
template Tensor<double> expanded(const StoredTensor<double>&);
template StoredTensor<float> stored(Tensor<float>, Storage);
template StoredTensor<double> stored(Tensor<double>, Storage);

}  // namespace integrad::kernels
