#pragma once
#include "integrad/tensor/elementary.h"

/// Activations of one value, and the gradient of x for the cotangent d of y = value(x), from
/// whichever of x and y is handier; for pointwise() and for loops over rows. Where an activation is
/// constant the gradient is 0, whatever d is.
namespace integrad::activations {

// The comparisons are written so that NaN takes the branch that returns it.
struct Relu {
  template <class T>
  static T value(T x) {
    return x < T(0) ? T(0) : x;
  }
  template <class T>
  static T gradient(T d, T, T y) {
    return y > T(0) ? d : T(0);
  }
};

struct Relu6 {
  template <class T>
  static T value(T x) {
    const T above = x < T(0) ? T(0) : x;
    return above > T(6) ? T(6) : above;
  }
  template <class T>
  static T gradient(T d, T, T y) {
    const T above = y > T(0) ? d : T(0);
    return y < T(6) ? above : T(0);
  }
};

struct Sigmoid {
  template <class T>
  static T value(T x) {
    return elementary::sigmoid(x);
  }
  template <class T>
  static T gradient(T d, T, T y) {
    return d * (y * (T(1) - y));
  }
};

struct HardSigmoid {
  template <class T>
  static T value(T x) {
    return Relu6::value(x + T(3)) / T(6);
  }
  template <class T>
  static T gradient(T d, T x, T) {
    return Relu6::gradient(d, x, x + T(3)) / T(6);
  }
};

struct HardSwish {
  template <class T>
  static T value(T x) {
    return x * HardSigmoid::value(x);
  }
  template <class T>
  static T gradient(T d, T x, T) {
    const T inner = x > T(-3) ? d * ((T(2) * x + T(3)) / T(6)) : T(0);
    return x < T(3) ? inner : d;
  }
};

}  // namespace integrad::activations
