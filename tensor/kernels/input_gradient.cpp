#include "integrad/tensor/kernels/input_gradient.h"

namespace integrad::kernels {

template <class T>
void add_lines(const LineSource<T>& term, const InputGradient<T>& into) {
  const Lines lines = term.lines;
  const Index piece = piece_pixels(lines.channels);
  // Without a sum a line is made where it will be.
  const bool streams = !into.before.empty() && streams_past_caches(lines);
  parallel_lines(lines, [&] {
    return [&, rows = InputGradientRows<T>(lines, into, streams),
            reader = term.reader()](Index line) mutable {
      for_each_piece(lines.pixels, piece, [&](Span span) {
        rows.piece(line, span, [&](T* row) { reader(line, span, row); });
      });
    };
  });
}

template void add_lines(const LineSource<float>&, const InputGradient<float>&);
template void add_lines(const LineSource<double>&, const InputGradient<double>&);

}  // namespace integrad::kernels
