#include "integrad/autograd/ops/slice.h"

#include "integrad/tensor/kernels/box.h"

namespace integrad {

template <class T>
Var slice(Tape<T>& tape, Var x, const std::vector<Index>& begin, const Shape& size) {
  const Shape whole = tape.shape(x);
  const int rank = whole.rank();
  require(size.rank() == rank && static_cast<int>(begin.size()) == rank,
          "slice needs one begin and one size per axis of ", whole, "; got ", begin.size(), " and ",
          size.rank());
  kernels::Corner corner{};
  for (int axis = 0; axis < rank; ++axis) {
    const Index from = begin[static_cast<std::size_t>(axis)];
    require(from >= 0 && from <= whole[axis] && size[axis] <= whole[axis] - from,
            "slice must lie inside ", whole, "; axis ", axis, " begins at ", from, " with size ",
            size[axis]);
    corner[static_cast<std::size_t>(axis)] = from;
  }
  Tensor<T> y = Tensor<T>::uninitialized(size);
  kernels::copy_box(size, whole, corner, tape.value(x).data(), size, {}, y.data());
  return tape.record("slice", std::move(y), {x}, [=](Tape<T>& t, const Tensor<T>& cotangent) {
    Tensor<T> dx(whole);
    kernels::copy_box(size, size, {}, cotangent.data(), whole, corner, dx.data());
    t.accumulate(x, std::move(dx));
  });
}

template <class T>
Var pad(Tape<T>& tape, Var x, const Padding& sides, T value) {
  const Shape inner = tape.shape(x);
  require(inner.rank() == 4, "pad needs a tensor of rank 4; got ", inner);
  require(sides.kind == Padding::Kind::fixed && sides.top >= 0 && sides.bottom >= 0 &&
              sides.left >= 0 && sides.right >= 0,
          "pad needs fixed sides of at least 0; got top ", sides.top, ", bottom ", sides.bottom,
          ", left ", sides.left, ", right ", sides.right);
  const Shape outer{inner.batch(), inner.height() + sides.top + sides.bottom,
                    inner.width() + sides.left + sides.right, inner.channels()};
  const kernels::Corner corner{0, sides.top, sides.left, 0};
  Tensor<T> y(outer, value);
  kernels::copy_box(inner, inner, {}, tape.value(x).data(), outer, corner, y.data());
  return tape.record("pad", std::move(y), {x}, [=](Tape<T>& t, const Tensor<T>& cotangent) {
    Tensor<T> dx = Tensor<T>::uninitialized(inner);
    kernels::copy_box(inner, outer, corner, cotangent.data(), inner, {}, dx.data());
    t.accumulate(x, std::move(dx));
  });
}

template <class T>
Var reshape(Tape<T>& tape, Var x, const Shape& shape) {
  Tensor<T> y = Tensor<T>(tape.value(x)).reshaped(shape);
  return tape.record("reshape", std::move(y), {x}, [=](Tape<T>& t, const Tensor<T>& cotangent) {
    t.accumulate(x, Tensor<T>(cotangent).reshaped(t.shape(x)));
  });
}

template Var slice(Tape<float>&, Var, const std::vector<Index>&, const Shape&);
template Var slice(Tape<double>&, Var, const std::vector<Index>&, const Shape&);
template Var pad(Tape<float>&, Var, const Padding&, float);
template Var pad(Tape<double>&, Var, const Padding&, double);
template Var reshape(Tape<float>&, Var, const Shape&);
template Var reshape(Tape<double>&, Var, const Shape&);

}  // namespace integrad
