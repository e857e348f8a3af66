#include "integrad/tensor/kernels/input_gradient.h"

namespace integrad::kernels {

template <class T>
void add_lines(const LineSource<T>& term, const InputGradient<T>& into) {
  parallel_lines(term.lines, [&] {
    return [rows = InputGradientRows<T>(term.lines, into), reader = term.reader()](
               Index line) mutable { rows.row(line, [&](T* row) { reader(line, row); }); };
  });
}

template void add_lines(const LineSource<float>&, const InputGradient<float>&);
template void add_lines(const LineSource<double>&, const InputGradient<double>&);

}  // namespace integrad::kernels
