#pragma once
#include "integrad/tensor/kernels/line_source.h"

namespace integrad::kernels {

/// Where the gradient of an operator's input goes.
template <class T>
struct InputGradient {
  StoredTarget<T> dx;        // empty: not wanted
  Stored<T> before;          // what others have added already, may be dx itself; empty: nothing
  LineSums* sums = nullptr;  // not null: dx is complete, and gradient_sums() of it are taken too,
  Stored<T> y;               // the input being map(y)
  ChannelMap<T> map = {};
};

/// Writes the rows of an input gradient, and takes the sums of what comes out while it is in the
/// cache.
template <class T>
class InputGradientRows {
 public:
  InputGradientRows(const Lines& lines, const InputGradient<T>& into, bool streams = false)
      : into_(into), lines_(lines), writer_(into.dx, into.before, lines.size(), streams) {
    if (!into.before.empty()) places_ = places_of(lines, into.before);
  }
  /// compute(row) writes the operator's own term.
  template <class Compute>
  void row(Index line, Compute&& compute) {
    const T* const dx = writer_.line(line, compute);
    if (into_.sums != nullptr)
      add_gradient_sums(into_.map, lines_, dx, into_.y, line * lines_.size(),
                        into_.sums->start(line));
  }

  /// What row() reads is read next.
  void add_upcoming(Index line, Upcoming& next) const {
    if (line < lines_.count) kernels::add_upcoming(places_, line, next);
  }

 private:
  InputGradient<T> into_;
  Lines lines_;
  LineWriter<T> writer_;
  std::vector<LinePlace> places_;  // of what others have added
};

/// All of it, `term` being made line by line.
template <class T>
void add_lines(const LineSource<T>& term, const InputGradient<T>& into);

}  // namespace integrad::kernels
