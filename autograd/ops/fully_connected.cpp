#include "integrad/autograd/ops/fully_connected.h"

#include "integrad/tensor/kernels/conv2d.h"

namespace integrad {

template <class T>
Var fully_connected(Tape<T>& tape, Var x, Var weights, Var bias) {
  const Shape in = tape.shape(x), w = tape.shape(weights);
  require(in.rank() == 2 && w.rank() == 2 && in[1] == w[1],
          "fully connected needs an input [n,k] and weights [out,k]; got ", in, " and ", w);
  const ConvGeometry g =
      conv2d_geometry(Shape{in[0], 1, 1, in[1]}, Shape{w[0], 1, 1, w[1]}, WindowSpec{});
  const bool biased = bias != Var{};
  require(!biased || tape.shape(bias) == Shape{w[0]}, "fully connected needs a bias of shape [",
          w[0], "]; got ", biased ? tape.shape(bias) : Shape{});
  Tensor<T> y = Tensor<T>::uninitialized(Shape{in[0], w[0]});
  kernels::conv2d_forward(g, tape.value(x).data(), tape.value(weights).data(),
                          biased ? tape.value(bias).data() : nullptr, y.data());

  std::vector<Var> inputs{x, weights};
  if (biased) inputs.push_back(bias);
  const auto backward = [=](Tape<T>& t, const Tensor<T>& cotangent) {
    if (t.needs_gradient(x)) {
      Tensor<T> dx = Tensor<T>::uninitialized(in);
      kernels::conv2d_input_gradient(g, cotangent.data(), t.value(weights).data(), dx.data());
      t.accumulate(x, std::move(dx));
    }
    if (!t.needs_gradient(weights) && !(biased && t.needs_gradient(bias))) return;
    Tensor<T> dweights = Tensor<T>::uninitialized(w);
    Tensor<T> dbias = Tensor<T>::uninitialized(Shape{w[0]});
    kernels::conv2d_filter_gradient(g, t.value(x).data(), cotangent.data(), dweights.data(),
                                    dbias.data());
    t.accumulate(weights, std::move(dweights));
    if (biased) t.accumulate(bias, std::move(dbias));
  };
  return tape.record("fully_connected", std::move(y), inputs, backward);
}

template Var fully_connected(Tape<float>&, Var, Var, Var);
template Var fully_connected(Tape<double>&, Var, Var, Var);

}  // namespace integrad
