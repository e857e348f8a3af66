#pragma once
#include <vector>

#include "integrad/autograd/tape.h"
#include "integrad/tensor/kernels/input_gradient.h"

namespace integrad {

/// Inside a backward function: where kernels write the gradient of x, adding to what is there. If
/// it is complete then, it is also the place to take the sums of it that x's node will want, or
/// those of the values that x is the sum of, as they receive the same gradient. finish() hands
/// these over.
template <class T>
class InputTarget {
 public:
  InputTarget(Tape<T>& tape, Var x) : tape_(tape), x_(x) {
    if (!tape.needs_gradient(x)) return;
    target_ = tape.accumulation(x);
    if (!target_.last) return;
    if (tape.map(x) != nullptr) sums_.push_back({x, sums_of(x)});
    for (Var summand : tape.summands_waiting_for(x))
      if (tape.map(summand) != nullptr) sums_.push_back({summand, sums_of(summand)});
  }
  /// Valid as long as this is.
  kernels::InputGradient<T> gradient() {
    kernels::InputGradient<T> into{target_.after, {}, {}};
    if (target_.before != nullptr) into.before = target_.before->elements();
    for (Sums& s : sums_)
      into.sums.push_back({&s.sums, tape_.stored(s.of).elements(), tape_.map(s.of)->view()});
    return into;
  }
  void finish() {
    for (Sums& s : sums_) tape_.set_gradient_sums(s.of, std::move(s.sums));
  }

 private:
  struct Sums {
    Var of;
    kernels::LineSums sums;
  };
  kernels::LineSums sums_of(Var x) const {
    return kernels::LineSums(kernels::Lines::of(tape_.shape(x)));
  }

  Tape<T>& tape_;
  Var x_;
  typename Tape<T>::Accumulation target_{nullptr, {}, false};
  std::vector<Sums> sums_;
};

}  // namespace integrad
