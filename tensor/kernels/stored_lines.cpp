#include "integrad/tensor/kernels/stored_lines.h"

#include <algorithm>
#include <type_traits>

#include "integrad/tensor/kernels/simd/float_kernels.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels {

namespace {

const std::uint16_t* bits(const BFloat16* p) {
  return reinterpret_cast<const std::uint16_t*>(p);
}

}  // namespace

void expand_row(const BFloat16* from, Index count, float* to) {
  float_kernels().expand_row(bits(from), count, to);
}

void round_row(float* values, Index count, BFloat16* to) {
  float_kernels().round_row(values, count, reinterpret_cast<std::uint16_t*>(to));
}

template <class T>
void copy_row(Index count, const T* from, T* to, bool streams) {
  if constexpr (std::is_same_v<T, float>)
    if (streams) return float_kernels().stream_row(count, from, to);
  std::copy_n(from, count, to);
}

template <class T>
void add_rows(Index count, const T* a, const T* b, T* into, T* streamed) {
  if constexpr (std::is_same_v<T, float>)
    return float_kernels().add_row(count, a, b, {into, streamed});
  for (Index i = 0; i < count; ++i) into[i] = a[i] + b[i];
  if (streamed != nullptr) std::copy_n(into, count, streamed);
}

bool streams_past_caches(const Lines& lines, Index large) {
  constexpr Index kCacheLine = 64;  // bytes
  return lines.count * lines.size() * Index{sizeof(float)} >= large &&
         lines.channels * Index{sizeof(float)} % kCacheLine == 0;
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
void map_line(const ChannelMap<T>& map, Index pixels, Index channels, const Stored<T>& x, Index at,
              T* z) {
  if constexpr (std::is_same_v<T, float>)
    if (x.rounded != nullptr)
      return float_kernels().map_rounded_row(map, pixels, channels, bits(x.rounded + at), z);
  map_line(map, pixels, channels, x.full + at, z);
}

template <class T>
void add_gradient_sums(const ChannelMap<T>& map, Index pixels, Index channels, const T* d,
                       const Stored<T>& y, Index at, double* sums) {
  if constexpr (std::is_same_v<T, float>)
    if (y.rounded != nullptr)
      return float_kernels().gradient_sums_rounded_row(map, pixels, channels, d,
                                                       bits(y.rounded + at), sums);
  add_gradient_sums(map, pixels, channels, d, y.full + at, sums);
}

template <class T>
void gradient_line(const ChannelMap<T>& map, const T* slope, const T* offset, Index pixels,
                   Index channels, const Stored<T>& d, const Stored<T>& y, Index at, T* scratch,
                   T* dy) {
  if constexpr (std::is_same_v<T, float>)
    if (d.rounded != nullptr && y.rounded != nullptr)
      return float_kernels().gradient_rounded_row(map, slope, offset, pixels, channels,
                                                  bits(d.rounded + at), bits(y.rounded + at), dy);
  const T* const from = read(d, at, pixels * channels, scratch);
  gradient_line(map, slope, offset, pixels, channels, from, read(y, at, pixels * channels, dy), dy);
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
        add_rows(count, a, b, sum);
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
template void map_line(const ChannelMap<float>&, Index, Index, const Stored<float>&, Index, float*);
template void map_line(const ChannelMap<double>&, Index, Index, const Stored<double>&, Index,
                       double*);
template void add_gradient_sums(const ChannelMap<float>&, Index, Index, const float*,
                                const Stored<float>&, Index, double*);
template void add_gradient_sums(const ChannelMap<double>&, Index, Index, const double*,
                                const Stored<double>&, Index, double*);
template void gradient_line(const ChannelMap<float>&, const float*, const float*, Index, Index,
                            const Stored<float>&, const Stored<float>&, Index, float*, float*);
template void gradient_line(const ChannelMap<double>&, const double*, const double*, Index, Index,
                            const Stored<double>&, const Stored<double>&, Index, double*, double*);
template void write(const StoredTarget<float>&, Index, Index, float*);
template void write(const StoredTarget<double>&, Index, Index, double*);
template void copy_row(Index, const float*, float*, bool);
template void copy_row(Index, const double*, double*, bool);
template void copy_row(Index, const std::int8_t*, std::int8_t*, bool);
template void add_rows(Index, const float*, const float*, float*, float*);
template void add_rows(Index, const double*, const double*, double*, double*);
template void add_stored(const StoredTarget<float>&, const Stored<float>&, const Stored<float>&,
                         Index);
template void add_stored(const StoredTarget<double>&, const Stored<double>&, const Stored<double>&,
                         Index);
template Tensor<float> expanded(const StoredTensor<float>&);
template Tensor<double> expanded(const StoredTensor<double>&);
template StoredTensor<float> stored(Tensor<float>, Storage);
template StoredTensor<double> stored(Tensor<double>, Storage);

}  // namespace integrad::kernels
