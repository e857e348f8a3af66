#pragma once
#include "integrad/tensor/kernels/line_source.h"

namespace integrad::kernels {

/// gradient_sums() of a value map(y), taken of its complete gradient where that is written.
template <class T>
struct SumsToTake {
  LineSums* sums;
  Stored<T> y;
  ChannelMap<T> map;
};

/// Where the gradient of an operator's input goes.
template <class T>
struct InputGradient {
  StoredTarget<T> dx;  // empty: not wanted
  Stored<T> before;    // what others have added already, may be dx itself; empty: nothing
  std::vector<SumsToTake<T>> sums = {};  // only of a dx that is complete
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
    piece(line, {0, lines_.pixels}, compute);
  }
  /// The same of some pixels of a line; all of them in order, in whole blocks of sums
  /// (norm_lines.h).
  template <class Compute>
  void piece(Index line, Span pixels, Compute&& compute) {
    const Index channels = lines_.channels, count = pixels.count();
    const Index at = line * lines_.size() + pixels.begin * channels;
    const T* const dx = writer_.part(at, count * channels, compute);
    for (const SumsToTake<T>& take : into_.sums)
      add_gradient_sums(take.map, count, channels, dx, take.y, at,
                        pixels.begin == 0 ? take.sums->start(line) : take.sums->of(line));
  }

  /// What row() reads is read next.
  void add_upcoming(Index line, Upcoming& next) const {
    if (line < lines_.count) kernels::add_upcoming(places_, line, next);
  }
  void add_upcoming(Index line, Span pixels, Upcoming& next) const {
    kernels::add_upcoming(places_, line, pixels, lines_.pixels, next);
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
