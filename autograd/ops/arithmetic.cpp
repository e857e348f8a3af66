#include "integrad/autograd/ops/arithmetic.h"

#include <optional>

#include "integrad/tensor/kernels/batch_norm.h"
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

// y = f(a, b) of the same shape where memory holds one of them, or both, before its map: a line at
// a time, so that the mapped values stay in the cache.
template <class T, class F>
Tensor<T> combine_mapped(const Tape<T>& tape, Var a, Var b, F f) {
  Tensor<T> result = Tensor<T>::uninitialized(tape.shape(a));
  T* const y = result.data();
  const kernels::Lines lines = kernels::Lines::of(result.shape());
  const Index size = lines.size(), grain = std::max<Index>(1, kElementwiseGrain / size);
  parallel_for(lines.count, grain, [&, y](Index begin, Index end) {
    Buffer<T> scratch = Buffer<T>::uninitialized(static_cast<std::size_t>(2 * size));
    const auto read = [&](Var x, Index line, T* into) -> const T* {
      const T* const stored = tape.stored(x).data() + line * size;
      if (tape.map(x) == nullptr) return stored;
      kernels::map_line(tape.map(x)->view(), lines.pixels, lines.channels, stored, into);
      return into;
    };
    for (Index line = begin; line < end; ++line) {
      const T* const left = read(a, line, scratch.data());
      const T* const right = read(b, line, scratch.data() + size);
      T* const into = y + line * size;
      for (Index i = 0; i < size; ++i) into[i] = f(left[i], right[i]);
    }
  });
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

// add and sub: the cotangent itself, its sign changed for the subtracted operand.
template <class T, class F>
Var linear(Tape<T>& tape, const char* operation, Var a, Var b, bool subtract, F f) {
  const Operands o = operands(tape, operation, a, b);
  const bool same = tape.shape(a) == tape.shape(b);
  Tensor<T> y;
  if (same && (tape.map(a) != nullptr || tape.map(b) != nullptr)) {
    y = combine_mapped(tape, a, b, f);
  } else {
    const T *full = tape.value(o.full).data(), *part = tape.value(o.part).data();
    const auto flipped = [f](T x, T y) { return f(y, x); };
    y = o.part_first ? combine(tape.shape(o.full), o.r, full, part, flipped)
                     : combine(tape.shape(o.full), o.r, full, part, f);
  }
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
    if (same && !negate_part) return t.accumulate_cotangent(o.part);
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
