#include "integrad/autograd/ops/activations.h"

#include "integrad/autograd/ops/activation_functions.h"
#include "integrad/autograd/ops/pointwise.h"

namespace integrad {

using namespace activations;

template <class T>
Var relu(Tape<T>& tape, Var x) {
  return pointwise<Relu>(tape, "relu", x);
}

template <class T>
Var relu6(Tape<T>& tape, Var x) {
  return pointwise<Relu6>(tape, "relu6", x);
}

template <class T>
Var sigmoid(Tape<T>& tape, Var x) {
  return pointwise<Sigmoid>(tape, "sigmoid", x);
}

template <class T>
Var hard_sigmoid(Tape<T>& tape, Var x) {
  return pointwise<HardSigmoid>(tape, "hard_sigmoid", x);
}

template <class T>
Var hard_swish(Tape<T>& tape, Var x) {
  return pointwise<HardSwish>(tape, "hard_swish", x);
}

template Var relu(Tape<float>&, Var);
template Var relu(Tape<double>&, Var);
template Var relu6(Tape<float>&, Var);
template Var relu6(Tape<double>&, Var);
template Var sigmoid(Tape<float>&, Var);
template Var sigmoid(Tape<double>&, Var);
template Var hard_sigmoid(Tape<float>&, Var);
template Var hard_sigmoid(Tape<double>&, Var);
template Var hard_swish(Tape<float>&, Var);
template Var hard_swish(Tape<double>&, Var);

}  // namespace integrad
