#include "integrad/autograd/ops/transposed_conv2d.h"

#include <algorithm>

#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/kernels/conv2d.h"
#include "integrad/tensor/kernels/rows.h"

namespace integrad {

namespace {

// [a,kh,kw,b] -> [b,kh,kw,a]: the filter of the mirrored convolution, and back.
template <class T>
Tensor<T> swap_ends(const Tensor<T>& filter) {
  const Shape& from = filter.shape();
  Tensor<T> swapped = Tensor<T>::uninitialized(Shape{from[3], from[1], from[2], from[0]});
  const Index taps = from[1] * from[2];
  for (Index a = 0; a < from[0]; ++a)
    for (Index tap = 0; tap < taps; ++tap)
      for (Index b = 0; b < from[3]; ++b)
        swapped[(b * taps + tap) * from[0] + a] = filter[(a * taps + tap) * from[3] + b];
  return swapped;
}

template <class T>
Tensor<T> channel_sums(const Tensor<T>& values) {
  const Index channels = values.shape().channels(), rows = values.size() / channels;
  Tensor<T> sums = Tensor<T>::uninitialized(Shape{channels});
  const auto band = [&](Index begin, Index end, T* partial) {
    for (Index row = begin; row < end; ++row)
      for (Index c = 0; c < channels; ++c) partial[c] += values[row * channels + c];
  };
  kernels::sum_bands<T>(rows, channels, band,
                        [&](const T* total) { std::copy(total, total + channels, sums.data()); });
  return sums;
}

}  // namespace

// The geometry is that of the mirrored convolution, which reads this output and writes this input;
// its three kernels serve with their roles exchanged.
template <class T>
Var transposed_conv2d(Tape<T>& tape, Var x, Var filter, Var bias, const WindowSpec& window,
                      std::int32_t output_padding) {
  const ConvGeometry mirrored =
      transposed_geometry(tape.shape(x), tape.shape(filter), window, output_padding);
  const Index channels = mirrored.in_channels;
  const bool biased = bias != Var{};
  require(!biased || tape.shape(bias) == Shape{channels},
          "transposed convolution needs a bias of shape [", channels, "]");
  Tensor<T> swapped = swap_ends(tape.value(filter));
  Tensor<T> y = Tensor<T>::uninitialized(mirrored.input());
  kernels::conv2d_input_gradient(mirrored, tape.value(x).data(), swapped.data(), y.data());
  if (biased)
    kernels::parallel_rows(y.size() / channels, channels,
                           [channels, b = tape.value(bias).data(), y = y.data()](Index row) {
                             for (Index c = 0; c < channels; ++c) y[row * channels + c] += b[c];
                           });

  std::vector<Var> inputs{x, filter};
  if (biased) inputs.push_back(bias);
  const auto backward = [=, swapped = std::move(swapped)](Tape<T>& t, const Tensor<T>& cotangent) {
    if (t.needs_gradient(x)) {
      Tensor<T> dx = Tensor<T>::uninitialized(mirrored.output());
      kernels::conv2d_forward<T>(mirrored, cotangent.data(), swapped.data(), nullptr, dx.data());
      t.accumulate(x, std::move(dx));
    }
    if (t.needs_gradient(filter)) {
      Tensor<T> dswapped = Tensor<T>::uninitialized(swapped.shape());
      kernels::conv2d_filter_gradient<T>(mirrored, cotangent.data(), t.value(x).data(),
                                         dswapped.data(), nullptr);
      t.accumulate(filter, swap_ends(dswapped));
    }
    if (biased && t.needs_gradient(bias)) t.accumulate(bias, channel_sums(cotangent));
  };
  return tape.record("transposed_conv2d", std::move(y), inputs, backward);
}

template Var transposed_conv2d(Tape<float>&, Var, Var, Var, const WindowSpec&, std::int32_t);
template Var transposed_conv2d(Tape<double>&, Var, Var, Var, const WindowSpec&, std::int32_t);

}  // namespace integrad
