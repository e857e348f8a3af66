#include "integrad/autograd/ops/softmax.h"

#include <algorithm>

#include "integrad/tensor/elementary.h"
#include "integrad/tensor/parallel.h"

namespace integrad {

namespace {

// body(offset of the row's first element) for each row of `channels` elements.
template <class Body>
void for_rows(Index size, Index channels, Body body) {
  if (size == 0) return;
  const Index grain = std::max<Index>(1, kElementwiseGrain / channels);
  parallel_for(size / channels, grain, [=](Index begin, Index end) {
    for (Index row = begin; row < end; ++row) body(row * channels);
  });
}

}  // namespace

template <class T>
Var softmax(Tape<T>& tape, Var x) {
  const Shape shape = tape.shape(x);
  require(shape.rank() >= 1, "softmax needs a last axis; got shape ", shape);
  const Index channels = shape.channels();
  Tensor<T> result = Tensor<T>::uninitialized(shape);
  const T* from = tape.value(x).data();
  T* to = result.data();
  for_rows(result.size(), channels, [=](Index first) {
    const T *row = from + first, largest = *std::max_element(row, row + channels);
    double sum = 0;
    for (Index c = 0; c < channels; ++c) {
      to[first + c] = elementary::exp(row[c] - largest);
      sum += static_cast<double>(to[first + c]);
    }
    for (Index c = 0; c < channels; ++c)
      to[first + c] = static_cast<T>(static_cast<double>(to[first + c]) / sum);
  });
  const Var y{tape.size()};  // the node that record() is about to append
  return tape.record("softmax", std::move(result), {x},
                     [=](Tape<T>& t, const Tensor<T>& cotangent) {
                       Tensor<T> gradient = Tensor<T>::uninitialized(shape);
                       const T *value = t.value(y).data(), *dy = cotangent.data();
                       T* dx = gradient.data();
                       for_rows(gradient.size(), channels, [=](Index first) {
                         double mean = 0;  // of the cotangent, weighted by y
                         for (Index c = first; c < first + channels; ++c)
                           mean += static_cast<double>(dy[c]) * static_cast<double>(value[c]);
                         for (Index c = first; c < first + channels; ++c)
                           dx[c] = value[c] * (dy[c] - static_cast<T>(mean));
                       });
                       t.accumulate(x, std::move(gradient));
                     });
}

template Var softmax(Tape<float>&, Var);
template Var softmax(Tape<double>&, Var);

}  // namespace integrad
