#pragma once
#include <optional>

#include "integrad/autograd/tape.h"
#include "integrad/tensor/kernels/input_gradient.h"

namespace integrad {

/// Inside a backward function: where kernels write the gradient of x, adding to what is there; and
/// its sums, if it is complete then and its node will want them. finish() hands these over.
template <class T>
class InputTarget {
 public:
  InputTarget(Tape<T>& tape, Var x) : tape_(tape), x_(x) {
    if (!tape.needs_gradient(x)) return;
    target_ = tape.accumulation(x);
    if (target_.last && tape.map(x) != nullptr) sums_.emplace(kernels::Lines::of(tape.shape(x)));
  }
  kernels::InputGradient<T> gradient() {
    kernels::InputGradient<T> into{target_.after, {}, nullptr, {}};
    if (target_.before != nullptr) into.before = target_.before->elements();
    if (sums_) {
      into.sums = &*sums_;
      into.y = tape_.stored(x_).elements();
      into.map = tape_.map(x_)->view();
    }
    return into;
  }
  void finish() {
    if (sums_) tape_.set_gradient_sums(x_, std::move(*sums_));
  }

 private:
  Tape<T>& tape_;
  Var x_;
  typename Tape<T>::Accumulation target_{nullptr, {}, false};
  std::optional<kernels::LineSums> sums_;
};

}  // namespace integrad
