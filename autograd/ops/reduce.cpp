#include "integrad/autograd/ops/reduce.h"

#include "integrad/tensor/kernels/reduce.h"

namespace integrad {

namespace {

// Neighbouring axes that are summed together: [groups, points, channels] -> [groups, channels].
struct Run {
  Index groups, points, channels;
};

struct Plan {
  std::vector<Run> runs;  // applied in order; the last axes first
  Shape result;           // axes kept with extent 1
  Index count = 1;        // elements summed into each result
};

Plan plan_for(const char* operation, const Shape& shape, const std::vector<int>& axes) {
  bool summed[Shape::kMaxRank] = {};
  for (int axis : axes) {
    require(axis >= 0 && axis < shape.rank(), operation, ": axis ", axis, " is not one of ", shape);
    require(!summed[axis], operation, ": axis ", axis, " is named twice");
    summed[axis] = true;
  }
  Plan plan{{}, shape, 1};
  Index inner = 1;  // elements of the axes behind, summed ones counting 1
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    if (!summed[axis]) {
      inner *= shape[axis];
      continue;
    }
    Index points = 1;
    for (;; --axis) {
      points *= shape[axis];
      plan.result = plan.result.with(axis, 1);
      if (axis == 0 || !summed[axis - 1]) break;
    }
    Index groups = 1;
    for (int outer = 0; outer < axis; ++outer) groups *= shape[outer];
    plan.runs.push_back({groups, points, inner});
    plan.count *= points;
  }
  return plan;
}

// to[g,p,c] = from[g,c] * factor.
template <class T>
void repeat(const Run& run, const T* from, T factor, T* to) {
  const Index channels = run.channels, points = run.points;
  if (channels == 0) return;
  const Index grain = std::max<Index>(1, kElementwiseGrain / channels);
  parallel_for(run.groups * points, grain, [=](Index begin, Index end) {
    while (begin < end) {
      const Index group = begin / points, stop = std::min(end, (group + 1) * points);
      const T* source = from + group * channels;
      if (channels == 1) {
        std::fill(to + begin, to + stop, source[0] * factor);
      } else {
        for (Index row = begin; row < stop; ++row)
          for (Index c = 0; c < channels; ++c) to[row * channels + c] = source[c] * factor;
      }
      begin = stop;
    }
  });
}

// The cotangent, repeated over the summed axes and scaled: the runs backwards.
template <class T>
Tensor<T> repeated(const Plan& plan, const Shape& shape, const Tensor<T>& cotangent, T factor) {
  std::vector<T> narrower;
  const T* from = cotangent.data();
  for (std::size_t i = plan.runs.size(); i-- > 1;) {
    const Run& run = plan.runs[i];
    std::vector<T> wider(static_cast<std::size_t>(run.groups * run.points * run.channels));
    repeat(run, from, T(1), wider.data());
    narrower = std::move(wider);
    from = narrower.data();
  }
  Tensor<T> result = Tensor<T>::uninitialized(shape);
  repeat(plan.runs.empty() ? Run{1, 1, shape.elements()} : plan.runs[0], from, factor,
         result.data());
  return result;
}

template <class T>
Var reduce(Tape<T>& tape, const char* operation, Var x, const Plan& plan, const Shape& result,
           bool averaged) {
  const Shape shape = tape.shape(x);
  require(!averaged || plan.count > 0, operation, " needs at least one element; got ", shape);
  // Means divide sums of double by the count once, before the only rounding to T.
  const double divisor = averaged ? static_cast<double>(plan.count) : 1.0;
  const T* values = tape.value(x).data();
  std::vector<double> sums;
  for (const Run& run : plan.runs) {
    std::vector<double> next(static_cast<std::size_t>(run.groups * run.channels));
    if (&run == plan.runs.data()) {
      kernels::sum_points(
          run.groups, run.points, run.channels, [=](Index k) { return values[k]; }, next.data());
    } else {
      const double* previous = sums.data();
      kernels::sum_points(
          run.groups, run.points, run.channels, [=](Index k) { return previous[k]; }, next.data());
    }
    sums = std::move(next);
  }
  if (plan.runs.empty()) sums.assign(tape.value(x).begin(), tape.value(x).end());
  Tensor<T> y = Tensor<T>::uninitialized(result);
  for (Index i = 0; i < y.size(); ++i)
    y[i] = static_cast<T>(sums[static_cast<std::size_t>(i)] / divisor);
  return tape.record(operation, std::move(y), {x}, [=](Tape<T>& t, const Tensor<T>& cotangent) {
    t.accumulate(x, repeated(plan, shape, cotangent, static_cast<T>(1.0 / divisor)));
  });
}

template <class T>
Var reduce_axes(Tape<T>& tape, const char* operation, Var x, const std::vector<int>& axes,
                bool averaged) {
  const Plan plan = plan_for(operation, tape.shape(x), axes);
  return reduce(tape, operation, x, plan, plan.result, averaged);
}

template <class T>
Var reduce_all(Tape<T>& tape, const char* operation, Var x, bool averaged) {
  const Index elements = tape.shape(x).elements();
  return reduce(tape, operation, x, Plan{{{1, elements, 1}}, {}, elements}, Shape{1}, averaged);
}

}  // namespace

template <class T>
Var sum(Tape<T>& tape, Var x, const std::vector<int>& axes) {
  return reduce_axes(tape, "sum", x, axes, false);
}

template <class T>
Var mean(Tape<T>& tape, Var x, const std::vector<int>& axes) {
  return reduce_axes(tape, "mean", x, axes, true);
}

template <class T>
Var sum(Tape<T>& tape, Var x) {
  return reduce_all(tape, "sum", x, false);
}

template <class T>
Var mean(Tape<T>& tape, Var x) {
  return reduce_all(tape, "mean", x, true);
}

template Var sum(Tape<float>&, Var, const std::vector<int>&);
template Var sum(Tape<double>&, Var, const std::vector<int>&);
template Var mean(Tape<float>&, Var, const std::vector<int>&);
template Var mean(Tape<double>&, Var, const std::vector<int>&);
template Var sum(Tape<float>&, Var);
template Var sum(Tape<double>&, Var);
template Var mean(Tape<float>&, Var);
template Var mean(Tape<double>&, Var);

}  // namespace integrad
