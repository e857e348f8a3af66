#pragma once
#include <optional>

#include "integrad/autograd/tape.h"
#include "integrad/tensor/kernels/input_gradient.h"

namespace integrad {

/// For backward functions whose kernels add to the gradient of x themselves; and take its sums, if
/// it is complete then and its node will want them.
template <class T>
class InputTarget {
 public:
  InputTarget(Tape<T>& tape, Var x) : tape_(tape), x_(x) {
    if (!tape.needs_gradient(x)) return;
    target_ = tape.accumulation(x);
    if (target_.last && tape.map(x) != nullptr) sums_.emplace(kernels::Lines::of(tape.shape(x)));
  }
  kernels::InputGradient<T> gradient() {
    return {target_.after, target_.before == nullptr ? nullptr : target_.before->data(),
            sums_ ? &*sums_ : nullptr};
  }
  void finish() {
    if (sums_) tape_.set_gradient_sums(x_, std::move(*sums_));
  }

 private:
  Tape<T>& tape_;
  Var x_;
  typename Tape<T>::Accumulation target_{nullptr, nullptr, false};
  std::optional<kernels::LineSums> sums_;
};

}  // namespace integrad
