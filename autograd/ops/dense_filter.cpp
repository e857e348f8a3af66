#include "integrad/autograd/ops/dense_filter.h"

#include <algorithm>

namespace integrad {

namespace {

/// visit(index in the grouped filter, index in the dense one, channels that lie side by side).
template <class Visit>
void each_run(const Shape& grouped, Index groups, Visit visit) {
  require(grouped.rank() == 4 && groups >= 1 && grouped[0] % groups == 0,
          "a filter in groups has a multiple of the ", groups, " groups as outputs; got ", grouped);
  const Index taps = grouped[1] * grouped[2], width = grouped[3];
  for (Index o = 0; o < grouped[0]; ++o) {
    const Index group = o / (grouped[0] / groups);
    for (Index tap = o * taps; tap < (o + 1) * taps; ++tap)
      visit(tap * width, (tap * groups + group) * width, width);
  }
}

}  // namespace

template <class T>
Tensor<T> dense_filter(const Tensor<T>& filter, Index groups) {
  const Shape& shape = filter.shape();
  Tensor<T> dense(shape.with(3, shape[3] * groups));
  each_run(shape, groups, [&](Index from, Index to, Index count) {
    std::copy_n(filter.data() + from, count, dense.data() + to);
  });
  return dense;
}

template <class T>
Var dense_filter(Tape<T>& tape, Var filter, Index groups) {
  return tape.record("dense_filter", dense_filter(tape.value(filter), groups), {filter},
                     [=](Tape<T>& t, const Tensor<T>& cotangent) {
                       Tensor<T> dx = Tensor<T>::uninitialized(t.shape(filter));
                       each_run(dx.shape(), groups, [&](Index to, Index from, Index count) {
                         std::copy_n(cotangent.data() + from, count, dx.data() + to);
                       });
                       t.accumulate(filter, std::move(dx));
                     });
}

template Tensor<float> dense_filter(const Tensor<float>&, Index);
template Tensor<double> dense_filter(const Tensor<double>&, Index);
template Var dense_filter(Tape<float>&, Var, Index);
template Var dense_filter(Tape<double>&, Var, Index);

}  // namespace integrad
