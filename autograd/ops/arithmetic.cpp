#include "integrad/autograd/ops/arithmetic.h"

#include <optional>

#include "integrad/autograd/ops/record_lines.h"
#include "integrad/tensor/kernels/reduce.h"
#include "integrad/tensor/parallel.h"

namespace integrad {

namespace {

// The full operand seen as [groups, points, channels], the repeated one as [groups, channels].
// Operands of the same shape are one group of one point.
struct Repetition {
  Index groups, points, channels;
};

std::optional<Repetition> repetition(const Shape& full, const Shape& part) {
  const Index elements = full.elements();
  if (part == full) return Repetition{1, 1, elements};
  if (part.elements() == 1 && part.rank() <= full.rank()) return Repetition{1, elements, 1};
  if (full.rank() == 0 || part.rank() == 0 || part.channels() != full.channels())
    return std::nullopt;
  const Index channels = full.channels(), pixels = channels == 0 ? 0 : elements / channels;
  if (part == Shape{channels}) return Repetition{1, pixels, channels};
  if (part.rank() != full.rank()) return std::nullopt;
  for (int axis = 1; axis < part.rank() - 1; ++axis)
    if (part[axis] != 1) return std::nullopt;
  const Index groups = part[0];
  if (groups == 1) return Repetition{1, pixels, channels};
  if (groups != full[0]) return std::nullopt;
  return Repetition{groups, groups == 0 ? 0 : pixels / groups, channels};
}

// The two operands, the repeated one named `part`.
struct Operands {
  Var full, part;
  Repetition r;
  bool part_first;  // the repeated operand is the left one
};

template <class T>
Operands operands(const Tape<T>& tape, const char* operation, Var a, Var b) {
  if (const auto r = repetition(tape.shape(a), tape.shape(b))) return {a, b, *r, false};
  if (const auto r = repetition(tape.shape(b), tape.shape(a))) return {b, a, *r, true};
  fail(operation,
       " needs operands of the same shape, or one of shape [c], [1,1,1,c], [n,1,1,c] or with one "
       "element; got ",
       tape.shape(a), " and ", tape.shape(b));
}

// y = f(full, part), the part repeated.
template <class T, class F>
Tensor<T> combine(const Shape& shape, const Repetition& r, const T* full, const T* part, F f) {
  Tensor<T> result = Tensor<T>::uninitialized(shape);
  T* y = result.data();
  if (r.channels == 1) {
    parallel_for(result.size(), kElementwiseGrain, [=](Index begin, Index end) {
      while (begin < end) {
        const Index group = begin / r.points, stop = std::min(end, (group + 1) * r.points);
        const T value = part[group];
        for (Index i = begin; i < stop; ++i) y[i] = f(full[i], value);
        begin = stop;
      }
    });
  } else if (r.points == 1 && r.groups == 1) {
    parallel_for(result.size(), kElementwiseGrain, [=](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) y[i] = f(full[i], part[i]);
    });
  } else if (r.channels > 0) {
    const Index grain = std::max<Index>(1, kElementwiseGrain / r.channels);
    parallel_for(r.groups * r.points, grain, [=](Index begin, Index end) {
      for (Index row = begin; row < end; ++row) {
        const T* left = full + row * r.channels;
        const T* right = part + row / r.points * r.channels;
        T* into = y + row * r.channels;
        for (Index c = 0; c < r.channels; ++c) into[c] = f(left[c], right[c]);
      }
    });
  }
  return result;
}

// The repeated operand's gradient: term(flat position) summed over the points of each group.
template <class T, class Term>
Tensor<T> reduce(const Shape& part, const Repetition& r, Term term) {
  Tensor<double> sums(part);
  kernels::sum_points(r.groups, r.points, r.channels, term, sums.data());
  return sums.template cast<T>();
}

template <class T>
Tensor<T> negated(Tensor<T> x) {
  T* values = x.data();
  parallel_for(x.size(), kElementwiseGrain, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) values[i] = -values[i];
  });
  return x;
}

// add and sub of the same shape: the operands share the cotangent.
template <class T>
Var linear_alike(Tape<T>& tape, const char* operation, Var a, Var b, bool subtract) {
  const auto backward = [=](Tape<T>& t, const StoredTensor<T>& cotangent) {
    t.accumulate_cotangent(a);
    if (!subtract)
      t.accumulate_cotangent(b);
    else if (t.needs_gradient(b))
      t.accumulate(b, negated(kernels::expanded(cotangent)));
  };
  const Var y =
      record_lines(tape, operation, tape.shape(a),
                   kernels::sum_lines(tape.lines(a), tape.lines(b), subtract), {a, b}, backward);
  if (!subtract) tape.set_summands(y, {a, b});
  return y;
}

// add and sub: the cotangent itself, its sign changed for the subtracted operand.
template <class T, class F>
Var linear(Tape<T>& tape, const char* operation, Var a, Var b, bool subtract, F f) {
  const Operands o = operands(tape, operation, a, b);
  if (tape.shape(a) == tape.shape(b)) return linear_alike(tape, operation, a, b, subtract);
  const T *full = tape.value(o.full).data(), *part = tape.value(o.part).data();
  const auto flipped = [f](T x, T y) { return f(y, x); };
  Tensor<T> y = o.part_first ? combine(tape.shape(o.full), o.r, full, part, flipped)
                             : combine(tape.shape(o.full), o.r, full, part, f);
  return tape.record(operation, std::move(y), {a, b}, [=](Tape<T>& t, const Tensor<T>& cotangent) {
    // By the operands' places, not their names: they may be the same value.
    const bool negate_full = subtract && o.part_first, negate_part = subtract && !o.part_first;
    if (t.needs_gradient(o.full)) {
      if (negate_full)
        t.accumulate(o.full, negated(cotangent));
      else
        t.accumulate_cotangent(o.full);
    }
    if (!t.needs_gradient(o.part)) return;
    const T* dy = cotangent.data();
    Tensor<T> d = o.r.points == 1 ? Tensor<T>(cotangent).reshaped(t.shape(o.part))
                                  : reduce<T>(t.shape(o.part), o.r, [=](Index i) { return dy[i]; });
    t.accumulate(o.part, negate_part ? negated(std::move(d)) : std::move(d));
  });
}

}  // namespace

template <class T>
Var add(Tape<T>& tape, Var a, Var b) {
  return linear(tape, "add", a, b, false, [](T x, T y) { return x + y; });
}

template <class T>
Var sub(Tape<T>& tape, Var a, Var b) {
  return linear(tape, "sub", a, b, true, [](T x, T y) { return x - y; });
}

template <class T>
Var mul(Tape<T>& tape, Var a, Var b) {
  const Operands o = operands(tape, "mul", a, b);
  const auto product = [](T x, T y) { return x * y; };
  Tensor<T> y = combine(tape.shape(o.full), o.r, tape.value(o.full).data(),
                        tape.value(o.part).data(), product);
  return tape.record("mul", std::move(y), {a, b}, [=](Tape<T>& t, const Tensor<T>& cotangent) {
    const T* dy = cotangent.data();
    const T *full = t.value(o.full).data(), *part = t.value(o.part).data();
    if (t.needs_gradient(o.full))
      t.accumulate(o.full, combine(cotangent.shape(), o.r, dy, part, product));
    if (!t.needs_gradient(o.part)) return;
    const auto term = [=](Index i) {
      return static_cast<double>(dy[i]) * static_cast<double>(full[i]);
    };
    t.accumulate(o.part, o.r.points == 1 ? combine(t.shape(o.part), o.r, dy, full, product)
                                         : reduce<T>(t.shape(o.part), o.r, term));
  });
}

template Var add(Tape<float>&, Var, Var);
template Var add(Tape<double>&, Var, Var);
template Var sub(Tape<float>&, Var, Var);
template Var sub(Tape<double>&, Var, Var);
template Var mul(Tape<float>&, Var, Var);
template Var mul(Tape<double>&, Var, Var);

}  // namespace integrad
