#include "integrad/tensor/kernels/convolution_norm.h"

#include <algorithm>
#include <type_traits>

#include "integrad/tensor/buffer.h"
#include "integrad/tensor/kernels/conv2d.h"
#include "integrad/tensor/kernels/depthwise.h"
#include "integrad/tensor/kernels/rows.h"

namespace integrad::kernels {

namespace {

template <class T>
Buffer<T> buffer_for(const Shape& shape) {
  return Buffer<T>::uninitialized(static_cast<std::size_t>(shape.elements()));
}

// A whole map: the source's own, or made in `made`.
template <class T>
const T* whole(const LineSource<T>& source, Buffer<T>& made) {
  if (source.whole != nullptr) return source.whole;
  made =
      Buffer<T>::uninitialized(static_cast<std::size_t>(source.lines.count * source.lines.size()));
  make_lines(source, made.data());
  return made.data();
}

}  // namespace

template <class T>
void convolve_and_sum(Convolution kind, const ConvGeometry& g, const LineSource<T>& x,
                      const T* filter, const T* bias, StoredTarget<T> y, double* sums) {
  if constexpr (std::is_same_v<T, float>)
    if (fast::convolve_and_sum(kind, g, x, filter, bias, y, sums)) return;
  Buffer<T> made, computed;  // computed: in the place of a y that is rounded
  const T* const from = whole(x, made);
  if (y.full == nullptr) computed = buffer_for<T>(g.output());
  T* const to = y.full != nullptr ? y.full : computed.data();
  if (kind == Convolution::full)
    conv2d_forward(g, from, filter, bias, to);
  else
    depthwise_forward(g, from, filter, bias, to);
  const Lines lines = Lines::of(g.output());
  if constexpr (std::is_same_v<T, float>)
    if (y.rounded != nullptr)
      parallel_rows(lines.count, lines.size(), [&](Index line) {
        const Index at = line * lines.size();
        round_row(to + at, lines.size(), y.rounded + at);
      });
  if (sums != nullptr) channel_sums(lines, to, sums);
}

template <class T>
LineSource<T> cotangent_lines(const Lines& lines, const NormCotangent<T>& cotangent) {
  const Index size = lines.size(), channels = lines.channels;
  std::vector<LinePlace> places = places_of(lines, cotangent.d);
  places.push_back(places_of(lines, cotangent.y).front());
  return {lines, nullptr,
          [=, c = cotangent]() -> LineReader<T> {
            return [=, d = Buffer<T>::uninitialized(static_cast<std::size_t>(size))](
                       Index line, Span pixels, T* into) mutable {
              gradient_line(c.map, c.slope, c.offset, pixels.count(), channels, c.d, c.y,
                            line * size + pixels.begin * channels, d.data(), into);
            };
          },
          2, std::move(places)};
}

template <class T>
void convolution_gradients(Convolution kind, const ConvGeometry& g, const LineSource<T>& x,
                           const T* filter, const LineSource<T>& cotangent,
                           const InputGradient<T>& input, T* dfilter, T* dbias) {
  if constexpr (std::is_same_v<T, float>)
    if (fast::convolution_gradients(kind, g, x, filter, cotangent, input, dfilter, dbias)) return;
  Buffer<T> made_dy, made_x;
  const T* const dy = whole(cotangent, made_dy);
  const bool full = kind == Convolution::full;
  if (!input.dx.empty()) {
    Buffer<T> term = buffer_for<T>(g.input());
    if (full)
      conv2d_input_gradient(g, dy, filter, term.data());
    else
      depthwise_input_gradient(g, dy, filter, term.data());
    add_lines(stored_lines<T>(Lines::of(g.input()), {term.data(), nullptr}), input);
  }
  const T* const from = whole(x, made_x);
  if (full)
    conv2d_filter_gradient(g, from, dy, dfilter, dbias);
  else
    depthwise_filter_gradient(g, from, dy, dfilter, dbias);
}

template void convolve_and_sum(Convolution, const ConvGeometry&, const LineSource<float>&,
                               const float*, const float*, StoredTarget<float>, double*);
template void convolve_and_sum(Convolution, const ConvGeometry&, const LineSource<double>&,
                               const double*, const double*, StoredTarget<double>, double*);
template LineSource<float> cotangent_lines(const Lines&, const NormCotangent<float>&);
template LineSource<double> cotangent_lines(const Lines&, const NormCotangent<double>&);
template void convolution_gradients(Convolution, const ConvGeometry&, const LineSource<float>&,
                                    const float*, const LineSource<float>&,
                                    const InputGradient<float>&, float*, float*);
template void convolution_gradients(Convolution, const ConvGeometry&, const LineSource<double>&,
                                    const double*, const LineSource<double>&,
                                    const InputGradient<double>&, double*, double*);

}  // namespace integrad::kernels
