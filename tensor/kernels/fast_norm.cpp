#include <algorithm>

#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/kernels/batch_norm.h"
#include "integrad/tensor/kernels/convolution_norm.h"
#include "integrad/tensor/kernels/fast_pointwise.h"
#include "integrad/tensor/kernels/forward_rows.h"
#include "integrad/tensor/kernels/gradient_bands.h"

namespace integrad::kernels::fast {

bool convolve_and_sum(Convolution kind, const ConvGeometry& g, const LineSource<float>& x,
                      const float* filter, const float* bias, StoredTarget<float> y, double* sums) {
  const auto packed = pack_forward_rows(kind, g, filter, bias);
  if (!packed) return false;
  if (packed->pass && is_pointwise(kind, g)) {
    pointwise_and_sum(*packed->pass, g, x, y, sums);
    return true;
  }
  const Lines lines = Lines::of(g.output());
  LineSums partial(lines);
  const bool streams = packed->pass && streams_past_caches(lines);
  // Chunks only share the rows out; any would give the same bits.
  parallel_for(lines.count, band_rows(lines.count, 1), [&](Index begin, Index end) {
    ForwardRows<InputRows<float>> rows(*packed,
                                       {x, g.in_height, integrad_window_extent(g.window.y)});
    LineWriter<float> output(y, {}, lines.size(), streams);
    for (Index row = begin; row < end; ++row) {
      const float* const line = output.line(row, [&](const RowDestination& into) {
        rows.row(row / g.out_height, row % g.out_height, into);
      });
      if (sums != nullptr) add_moments(lines.pixels, lines.channels, line, partial.start(row));
    }
  });
  if (sums != nullptr) partial.total(sums);
  return true;
}

bool convolution_gradients(Convolution kind, const ConvGeometry& g, const LineSource<float>& x,
                           const float* filter, const LineSource<float>& cotangent,
                           const InputGradient<float>& into, float* dfilter, float* dbias) {
  if (dbias == nullptr && is_pointwise(kind, g) &&
      pointwise_gradients(g, x, filter, cotangent, into, dfilter))
    return true;
  return gradients_in_bands(
      kind, g, filter, !into.dx.empty(),
      [&] { return InputRows<float>(x, g.in_height, integrad_window_extent(g.window.y)); },
      [&] { return InputRows<float>(cotangent, g.out_height, rows_of_cotangent(g)); },
      [&] {
        const Lines lines = Lines::of(g.input());
        return InputGradientRows<float>(lines, into, streams_past_caches(lines));
      },
      dfilter, dbias);
}

}  // namespace integrad::kernels::fast
