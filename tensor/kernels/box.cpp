#include "integrad/tensor/kernels/box.h"

#include <algorithm>

#include "integrad/tensor/parallel.h"

namespace integrad::kernels {

namespace {

// Distance between neighbours along each axis.
Corner strides(const Shape& shape) {
  Corner result{};
  Index step = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    result[static_cast<std::size_t>(axis)] = step;
    step *= shape[axis];
  }
  return result;
}

Index offset(const Corner& corner, const Corner& stride, int rank) {
  Index sum = 0;
  for (int axis = 0; axis < rank; ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    sum += corner[a] * stride[a];
  }
  return sum;
}

}  // namespace

template <class T>
void copy_box(const Shape& box, const Shape& from_shape, const Corner& from_corner, const T* from,
              const Shape& to_shape, const Corner& to_corner, T* to) {
  if (box.elements() == 0) return;
  const int rank = box.rank();
  const Corner from_stride = strides(from_shape), to_stride = strides(to_shape);
  from += offset(from_corner, from_stride, rank);
  to += offset(to_corner, to_stride, rank);

  // The innermost axes that the box fills on both sides are one run of memory, with the axis
  // before.
  int split = rank;
  Index run = 1;
  while (split > 0) {
    --split;
    run *= box[split];
    if (box[split] != from_shape[split] || box[split] != to_shape[split]) break;
  }
  const Index runs = box.elements() / run;
  parallel_for(runs, std::max<Index>(1, kElementwiseGrain / run), [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      Index rest = i;
      Corner at{};
      for (int axis = split - 1; axis >= 0; --axis) {
        at[static_cast<std::size_t>(axis)] = rest % box[axis];
        rest /= box[axis];
      }
      std::copy_n(from + offset(at, from_stride, split), run, to + offset(at, to_stride, split));
    }
  });
}

template void copy_box(const Shape&, const Shape&, const Corner&, const float*, const Shape&,
                       const Corner&, float*);
template void copy_box(const Shape&, const Shape&, const Corner&, const double*, const Shape&,
                       const Corner&, double*);

}  // namespace integrad::kernels
