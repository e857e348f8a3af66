#include "integrad/autograd/ops/conv2d.h"

#include "integrad/autograd/ops/input_target.h"
#include "integrad/tensor/kernels/conv2d.h"
#include "integrad/tensor/kernels/convolution_norm.h"

namespace integrad {

template <class T>
Var conv2d(Tape<T>& tape, Var x, Var filter, Var bias, const WindowSpec& window, Index groups) {
  const ConvGeometry g = conv2d_geometry(tape.shape(x), tape.shape(filter), window, groups);
  const bool biased = bias != Var{};
  require(!biased || tape.shape(bias) == Shape{g.out_channels},
          "convolution needs a bias of shape [", g.out_channels, "]");
  Tensor<T> y = Tensor<T>::uninitialized(g.output());
  kernels::convolve_and_sum<T>(kernels::Convolution::full, g, tape.lines(x),
                               tape.value(filter).data(),
                               biased ? tape.value(bias).data() : nullptr, {y.data()}, nullptr);

  std::vector<Var> inputs{x, filter};
  if (biased) inputs.push_back(bias);
  return tape.record("conv2d", std::move(y), inputs, [=](Tape<T>& t, const Tensor<T>& cotangent) {
    if (!t.needs_gradient(filter) && !(biased && t.needs_gradient(bias))) {
      Tensor<T> dx = Tensor<T>::uninitialized(g.input());
      kernels::conv2d_input_gradient(g, cotangent.data(), t.value(filter).data(), dx.data());
      t.accumulate(x, std::move(dx));
      return;
    }
    Tensor<T> dfilter = Tensor<T>::uninitialized(t.shape(filter));
    Tensor<T> dbias = Tensor<T>::uninitialized(Shape{g.out_channels});
    InputTarget<T> input(t, x);
    const auto dy = kernels::stored_lines<T>(kernels::Lines::of(g.output()), {cotangent.data()});
    kernels::convolution_gradients(kernels::Convolution::full, g, t.lines(x),
                                   t.value(filter).data(), dy, input.gradient(), dfilter.data(),
                                   dbias.data());
    input.finish();
    t.accumulate(filter, std::move(dfilter));
    if (biased) t.accumulate(bias, std::move(dbias));
  });
}

template Var conv2d(Tape<float>&, Var, Var, Var, const WindowSpec&, Index);
template Var conv2d(Tape<double>&, Var, Var, Var, const WindowSpec&, Index);

}  // namespace integrad
