#include <algorithm>

#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/kernels/batch_norm.h"
#include "integrad/tensor/kernels/convolution_norm.h"
#include "integrad/tensor/kernels/fast.h"
#include "integrad/tensor/kernels/finished_rows.h"
#include "integrad/tensor/kernels/gradient_bands.h"
#include "integrad/tensor/kernels/row_window.h"

namespace integrad::kernels::fast {

namespace {

// Rows of the input: from memory, or through its map.
class InputRows {
 public:
  InputRows(const ConvGeometry& g, const Mapped<float>& x)
      : x_(x),
        height_(g.in_height),
        row_(Index{g.in_width} * g.in_channels),
        mapped_(row_, std::min(integrad_window_extent(g.window.y), g.in_height),
                Map{x, g.in_height, g.in_width, g.in_channels}) {}
  const float* rows(Index image, const Reach& r) {
    return x_.map == nullptr ? x_.data + (image * height_ + r.begin) * row_
                             : mapped_.rows(image, r.begin, r.end);
  }

 private:
  struct Map {
    Mapped<float> x;
    Index height, width, channels;
    void operator()(Index image, Index row, float* into) const {
      map_line(*x.map, width, channels, x.data + (image * height + row) * width * channels, into);
    }
  };
  Mapped<float> x_;
  Index height_, row_;
  RowWindow<Map> mapped_;
};

// Computes a row of a cotangent.
struct CotangentRow {
  const NormCotangent<float>& cotangent;
  Index height, width, channels;
  void operator()(Index image, Index row, float* into) const {
    const NormCotangent<float>& c = cotangent;
    const Index at = (image * height + row) * width * channels;
    gradient_line(c.map, c.slope, c.offset, width, channels, c.d + at, c.y + at, into);
  }
};

}  // namespace

bool convolve_and_sum(Convolution kind, const ConvGeometry& g, const Mapped<float>& x,
                      const float* filter, const float* bias, float* y, double* sums) {
  const auto passes = pack_forward(kind, g, filter, bias);
  if (passes.empty()) return false;
  const PackedPass& packed = passes.front();
  const Lines lines = Lines::of(g.output());
  LineSums partial(lines);
  // Chunks only share the rows out; any would give the same bits.
  parallel_for(lines.count, band_rows(lines.count, 1), [&](Index begin, Index end) {
    Buffer<float> scratch = Buffer<float>::uninitialized(static_cast<std::size_t>(packed.scratch));
    InputRows input(g, x);
    for (Index row = begin; row < end; ++row) {
      const Reach r = reach(g.window.y, row % g.out_height, g.in_height);
      float* const into = y + row * lines.size();
      packed.kernel(packed.c, input.rows(row / g.out_height, r), r.first_tap, r.end_tap,
                    scratch.data(), into);
      add_moments(lines.pixels, lines.channels, into, partial.start(row));
    }
  });
  partial.total(sums);
  return true;
}

bool convolution_gradients(Convolution kind, const ConvGeometry& g, const Mapped<float>& x,
                           const float* filter, const NormCotangent<float>& cotangent,
                           const InputGradient<float>& into, float* dfilter, float* dbias) {
  return gradients_in_bands(
      kind, g, filter, into.dx != nullptr, [&] { return InputRows(g, x); },
      [&] {
        return CotangentRow{cotangent, g.out_height, g.out_width, g.out_channels};
      },
      [&] { return FinishedRows<float>(g, x, into); }, dfilter, dbias);
}

}  // namespace integrad::kernels::fast
