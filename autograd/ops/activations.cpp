#include "integrad/autograd/ops/activations.h"

#include "integrad/autograd/ops/pointwise.h"
#include "integrad/tensor/elementary.h"

namespace integrad {

namespace {

// The comparisons are written so that NaN takes the branch that returns it.
struct Relu {
  template <class T>
  static T value(T x) {
    return x < T(0) ? T(0) : x;
  }
  template <class T>
  static T slope(T, T y) {
    return y > T(0) ? T(1) : T(0);
  }
};

struct Relu6 {
  template <class T>
  static T value(T x) {
    const T above = x < T(0) ? T(0) : x;
    return above > T(6) ? T(6) : above;
  }
  template <class T>
  static T slope(T, T y) {
    const T above = y > T(0) ? T(1) : T(0);
    return y < T(6) ? above : T(0);
  }
};

struct Sigmoid {
  template <class T>
  static T value(T x) {
    return elementary::sigmoid(x);
  }
  template <class T>
  static T slope(T, T y) {
    return y * (T(1) - y);
  }
};

struct HardSigmoid {
  template <class T>
  static T value(T x) {
    return Relu6::value(x + T(3)) / T(6);
  }
  template <class T>
  static T slope(T x, T) {
    return Relu6::slope(x, x + T(3)) / T(6);
  }
};

struct HardSwish {
  template <class T>
  static T value(T x) {
    return x * HardSigmoid::value(x);
  }
  template <class T>
  static T slope(T x, T) {
    const T inner = x > T(-3) ? (T(2) * x + T(3)) / T(6) : T(0);
    return x < T(3) ? inner : T(1);
  }
};

}  // namespace

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
