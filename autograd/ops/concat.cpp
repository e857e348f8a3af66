#include "integrad/autograd/ops/concat.h"

#include "integrad/tensor/kernels/box.h"

namespace integrad {

template <class T>
Var concat(Tape<T>& tape, const std::vector<Var>& parts, int axis) {
  require(!parts.empty(), "concat needs at least one tensor");
  const Shape first = tape.shape(parts[0]);
  const int along = axis < 0 ? axis + first.rank() : axis;
  require(along >= 0 && along < first.rank(), "concat: axis ", axis, " is not one of ", first);
  Index extent = 0;
  for (Var part : parts) {
    const Shape& shape = tape.shape(part);
    require(shape.rank() == first.rank() && shape.with(along, first[along]) == first,
            "concat along axis ", along, " needs shapes that agree elsewhere; got ", first, " and ",
            shape);
    extent += shape[along];
  }
  const Shape joined = first.with(along, extent);

  Tensor<T> y = Tensor<T>::uninitialized(joined);
  kernels::Corner corner{};
  Index& begin = corner[static_cast<std::size_t>(along)];
  for (Var part : parts) {
    const Shape& shape = tape.shape(part);
    kernels::copy_box(shape, shape, {}, tape.value(part).data(), joined, corner, y.data());
    begin += shape[along];
  }
  return tape.record("concat", std::move(y), parts, [=](Tape<T>& t, const Tensor<T>& cotangent) {
    kernels::Corner from{};
    for (Var part : parts) {
      const Shape& shape = t.shape(part);
      if (t.needs_gradient(part)) {
        Tensor<T> dx = Tensor<T>::uninitialized(shape);
        kernels::copy_box(shape, joined, from, cotangent.data(), shape, {}, dx.data());
        t.accumulate(part, std::move(dx));
      }
      from[static_cast<std::size_t>(along)] += shape[along];
    }
  });
}

template Var concat(Tape<float>&, const std::vector<Var>&, int);
template Var concat(Tape<double>&, const std::vector<Var>&, int);

}  // namespace integrad
