#include "integrad/autograd/ops/resize2d.h"

#include "integrad/tensor/kernels/resize.h"

namespace integrad {

namespace {

template <class T>
Var resize(Tape<T>& tape, const char* operation, Var x, Index out_height, Index out_width,
           const ResizeOptions& options, kernels::ResizeAxis (*axis)(Index, Index, bool, bool)) {
  const Shape input = tape.shape(x);
  // Sides below 2^24 are exact in float, in which the positions are computed.
  constexpr Index kMaxSide = (Index{1} << 24) - 1;
  require(input.rank() == 4 && input.elements() > 0 && input.height() <= kMaxSide &&
              input.width() <= kMaxSide,
          "resizing needs a feature map [batch,height,width,channels] with elements and sides "
          "below 2^24; got ",
          input);
  require(out_height >= 1 && out_width >= 1 && out_height <= kMaxSide && out_width <= kMaxSide,
          "resizing needs an output of at least 1x1 and sides below 2^24; got ", out_height, "x",
          out_width);
  require(!options.align_corners || !options.half_pixel_centers,
          "resizing takes align_corners or half_pixel_centers, not both");
  const Shape output = input.with(1, out_height).with(2, out_width);
  const kernels::ResizeAxis rows =
      axis(input.height(), out_height, options.align_corners, options.half_pixel_centers);
  const kernels::ResizeAxis columns =
      axis(input.width(), out_width, options.align_corners, options.half_pixel_centers);
  Tensor<T> y = Tensor<T>::uninitialized(output);
  kernels::resize_forward(input, rows, columns, tape.value(x).data(), y.data());

  return tape.record(operation, std::move(y), {x}, [=](Tape<T>& t, const Tensor<T>& cotangent) {
    Tensor<T> dx = Tensor<T>::uninitialized(input);
    kernels::resize_gradient(input, rows, columns, cotangent.data(), dx.data());
    t.accumulate(x, std::move(dx));
  });
}

}  // namespace

template <class T>
Var resize_nearest2d(Tape<T>& tape, Var x, Index out_height, Index out_width,
                     const ResizeOptions& options) {
  return resize(tape, "resize_nearest2d", x, out_height, out_width, options, kernels::nearest_axis);
}

template <class T>
Var resize_bilinear2d(Tape<T>& tape, Var x, Index out_height, Index out_width,
                      const ResizeOptions& options) {
  return resize(tape, "resize_bilinear2d", x, out_height, out_width, options, kernels::linear_axis);
}

template Var resize_nearest2d(Tape<float>&, Var, Index, Index, const ResizeOptions&);
template Var resize_nearest2d(Tape<double>&, Var, Index, Index, const ResizeOptions&);
template Var resize_bilinear2d(Tape<float>&, Var, Index, Index, const ResizeOptions&);
template Var resize_bilinear2d(Tape<double>&, Var, Index, Index, const ResizeOptions&);

}  // namespace integrad
