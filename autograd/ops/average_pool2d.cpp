#include "integrad/autograd/ops/average_pool2d.h"

#include "integrad/tensor/kernels/average_pool.h"

namespace integrad {

template <class T>
Var average_pool2d(Tape<T>& tape, Var x, const WindowSpec& window, bool count_padding) {
  const ConvGeometry g = pool_geometry(tape.shape(x), window);
  Tensor<T> y = Tensor<T>::uninitialized(g.output());
  kernels::average_pool_forward(g, count_padding, tape.value(x).data(), y.data());

  return tape.record(
      "average_pool2d", std::move(y), {x}, [=](Tape<T>& t, const Tensor<T>& cotangent) {
        Tensor<T> dx = Tensor<T>::uninitialized(g.input());
        kernels::average_pool_gradient(g, count_padding, cotangent.data(), dx.data());
        t.accumulate(x, std::move(dx));
      });
}

template Var average_pool2d(Tape<float>&, Var, const WindowSpec&, bool);
template Var average_pool2d(Tape<double>&, Var, const WindowSpec&, bool);

}  // namespace integrad
