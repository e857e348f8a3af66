#include "integrad/tensor/kernels/convolution_norm.h"

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

// The whole mapped input, stored; empty when it is stored already.
template <class T>
Buffer<T> mapped(const ConvGeometry& g, const Mapped<T>& x) {
  if (x.map == nullptr) return {};
  Buffer<T> z = buffer_for<T>(g.input());
  map_lines(Lines::of(g.input()), *x.map, x.data, z.data());
  return z;
}

}  // namespace

template <class T>
void convolve_and_sum(Convolution kind, const ConvGeometry& g, const Mapped<T>& x, const T* filter,
                      const T* bias, T* y, double* sums) {
  if constexpr (std::is_same_v<T, float>)
    if (fast::convolve_and_sum(kind, g, x, filter, bias, y, sums)) return;
  const Buffer<T> z = mapped(g, x);
  const T* const from = x.map == nullptr ? x.data : z.data();
  if (kind == Convolution::full)
    conv2d_forward(g, from, filter, bias, y);
  else
    depthwise_forward(g, from, filter, bias, y);
  channel_sums(Lines::of(g.output()), y, sums);
}

template <class T>
void convolution_gradients(Convolution kind, const ConvGeometry& g, const Mapped<T>& x,
                           const T* filter, const NormCotangent<T>& cotangent,
                           const InputGradient<T>& input, T* dfilter, T* dbias) {
  if constexpr (std::is_same_v<T, float>)
    if (fast::convolution_gradients(kind, g, x, filter, cotangent, input, dfilter, dbias)) return;
  Buffer<T> dy = buffer_for<T>(g.output());
  normalize_gradient(Lines::of(g.output()), cotangent.map, cotangent.slope, cotangent.offset,
                     cotangent.d, cotangent.y, dy.data());
  const bool full = kind == Convolution::full;
  if (input.dx != nullptr) {
    Buffer<T> term = input.before == nullptr ? Buffer<T>() : buffer_for<T>(g.input());
    T* const dx = input.before == nullptr ? input.dx : term.data();
    if (full)
      conv2d_input_gradient(g, dy.data(), filter, dx);
    else
      depthwise_input_gradient(g, dy.data(), filter, dx);
    const Lines lines = Lines::of(g.input());
    if (input.before != nullptr)
      parallel_rows(lines.rows(), lines.channels, [&](Index row) {
        for (Index i = row * lines.channels; i < (row + 1) * lines.channels; ++i)
          input.dx[i] = input.before[i] + dx[i];
      });
    if (input.sums != nullptr) gradient_sums(lines, *x.map, input.dx, x.data, *input.sums);
  }
  const Buffer<T> z = mapped(g, x);
  const T* const from = x.map == nullptr ? x.data : z.data();
  if (full)
    conv2d_filter_gradient(g, from, dy.data(), dfilter, dbias);
  else
    depthwise_filter_gradient(g, from, dy.data(), dfilter, dbias);
}

template void convolve_and_sum(Convolution, const ConvGeometry&, const Mapped<float>&, const float*,
                               const float*, float*, double*);
template void convolve_and_sum(Convolution, const ConvGeometry&, const Mapped<double>&,
                               const double*, const double*, double*, double*);
template void convolution_gradients(Convolution, const ConvGeometry&, const Mapped<float>&,
                                    const float*, const NormCotangent<float>&,
                                    const InputGradient<float>&, float*, float*);
template void convolution_gradients(Convolution, const ConvGeometry&, const Mapped<double>&,
                                    const double*, const NormCotangent<double>&,
                                    const InputGradient<double>&, double*, double*);

}  // namespace integrad::kernels
