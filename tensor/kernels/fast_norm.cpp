#include <algorithm>

#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/kernels/batch_norm.h"
#include "integrad/tensor/kernels/convolution_norm.h"
#include "integrad/tensor/kernels/fast.h"

namespace integrad::kernels::fast {

namespace {

bool has_strides(const ConvGeometry& g) {
  return g.window.y.stride != 1 || g.window.x.stride != 1;
}

}  // namespace

bool convolve_and_sum(Convolution kind, const ConvGeometry& g, const LineSource<float>& x,
                      const float* filter, const float* bias, StoredTarget<float> y, double* sums) {
  const auto passes = pack_forward(kind, g, filter, bias);
  if (passes.empty()) return false;
  const PackedPass& packed = passes.front();
  const Lines lines = Lines::of(g.output());
  LineSums partial(lines);
  // Chunks only share the rows out; any would give the same bits.
  parallel_for(lines.count, band_rows(lines.count, 1), [&](Index begin, Index end) {
    Buffer<float> scratch = Buffer<float>::uninitialized(static_cast<std::size_t>(packed.scratch));
    InputRows<float> input(x, g.in_height, integrad_window_extent(g.window.y));
    LineWriter<float> output(y, {}, lines.size());
    for (Index row = begin; row < end; ++row) {
      const Reach r = reach(g.window.y, row % g.out_height, g.in_height);
      const float* const from = input.rows(row / g.out_height, r.begin, r.end);
      const float* const line = output.line(row, [&](float* into) {
        packed.kernel(packed.c, from, r.first_tap, r.end_tap, scratch.data(), into);
      });
      if (sums != nullptr) add_moments(lines.pixels, lines.channels, line, partial.start(row));
    }
  });
  if (sums != nullptr) partial.total(sums);
  return true;
}

// A band of output rows adds to the filter's gradient and computes the input rows of the same
// numbers, the last row of an image those that remain: every input row has one owner, and the rows
// of dy that both need are made once (those at a band's edge twice).
bool convolution_gradients(Convolution kind, const ConvGeometry& g, const LineSource<float>& x,
                           const float* filter, const LineSource<float>& cotangent,
                           const InputGradient<float>& into, float* dfilter, float* dbias) {
  if (has_strides(g)) return false;
  const PackedGradient gradient = pack_filter_gradient(kind, g);
  const auto passes =
      into.dx.empty() ? std::vector<PackedPass>{} : pack_input_gradient(kind, g, filter);
  if (gradient.rows == 0 || (!into.dx.empty() && passes.empty())) return false;
  const Index out_row = Index{g.out_width} * g.out_channels;
  const auto band = [&](Index begin, Index end, float* partial) {
    InputRows<float> input(x, g.in_height, integrad_window_extent(g.window.y));
    InputRows<float> dy(cotangent, g.out_height, integrad_window_extent(g.window.y) + 1);
    GradientRows rows(gradient);
    InputGradientRows<float> finish(Lines::of(g.input()), into);
    Buffer<float> scratch = Buffer<float>::uninitialized(
        static_cast<std::size_t>(passes.empty() ? 0 : passes.front().scratch));
    for (Index row = begin; row < end; ++row) {
      const Index image = row / g.out_height, oy = row % g.out_height;
      // Input rows that this output row owns, and all rows of dy that are needed now.
      const Index in_begin = passes.empty() ? 0 : std::min<Index>(oy, g.in_height);
      const Index in_end = passes.empty()           ? 0
                           : oy + 1 == g.out_height ? g.in_height
                                                    : std::min<Index>(oy + 1, g.in_height);
      Index dy_begin = oy, dy_end = oy + 1;
      for (Index iy = in_begin; iy < in_end; ++iy) {
        const Reach r = reach(passes.front().pass.y, iy, g.out_height);
        if (r.begin == r.end) continue;
        dy_begin = std::min(dy_begin, r.begin);
        dy_end = std::max(dy_end, r.end);
      }
      const float* const first = dy.rows(image, dy_begin, dy_end);
      const auto d = [=](Index y) { return first + (std::max(y, dy_begin) - dy_begin) * out_row; };
      const Reach r = reach(g.window.y, oy, g.in_height);
      rows.add(r, input.rows(image, r.begin, r.end), d(oy), partial);
      for (Index iy = in_begin; iy < in_end; ++iy) {
        const PackedPass& packed = passes.front();
        const Reach back = reach(packed.pass.y, iy, g.out_height);
        finish.row(image * g.in_height + iy, [&](float* row_into) {
          packed.kernel(packed.c, d(back.begin), back.first_tap, back.end_tap, scratch.data(),
                        row_into);
        });
      }
    }
  };
  sum_bands<float>(gradient.rows, gradient.band(), gradient.size(), band,
                   [&](const float* total) { gradient.unpack(total, dfilter, dbias); });
  return true;
}

}  // namespace integrad::kernels::fast
