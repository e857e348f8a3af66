#pragma once
#include "integrad/autograd/tape.h"
#include "integrad/tensor/parallel.h"

namespace integrad {

/// Records y = F::value(x), element by element. F is a stateless struct with two static templates,
///   value(x)           the function
///   gradient(d, x, y)  d times its derivative,
/// which the loops take in whole: no call per element.
template <class F, class T>
Var pointwise(Tape<T>& tape, const char* operation, Var x) {
  Tensor<T> result = Tensor<T>::uninitialized(tape.shape(x));
  const T* from = tape.value(x).data();
  T* to = result.data();
  parallel_for(result.size(), kElementwiseGrain, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) to[i] = F::value(from[i]);
  });
  const Var y{tape.size()};  // the node that record() is about to append
  return tape.record(
      operation, std::move(result), {x}, [=](Tape<T>& t, const Tensor<T>& cotangent) {
        Tensor<T> gradient = Tensor<T>::uninitialized(cotangent.shape());
        const T *argument = t.value(x).data(), *value = t.value(y).data(), *dy = cotangent.data();
        T* dx = gradient.data();
        parallel_for(gradient.size(), kElementwiseGrain, [=](Index begin, Index end) {
          for (Index i = begin; i < end; ++i) dx[i] = F::gradient(dy[i], argument[i], value[i]);
        });
        t.accumulate(x, std::move(gradient));
      });
}

}  // namespace integrad
