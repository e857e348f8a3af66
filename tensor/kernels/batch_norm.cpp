#include "integrad/tensor/kernels/batch_norm.h"

#include <algorithm>

#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/kernels/rows.h"

namespace integrad::kernels {

Lines Lines::of(const Shape& shape) {
  const Index channels = shape.channels(), pixels = shape.rank() > 2 ? shape[shape.rank() - 2] : 1;
  const Index size = pixels * channels;
  return {size == 0 ? 0 : shape.elements() / size, pixels, channels};
}

Index Lines::band() const {
  return band_rows(count, 2 * channels);
}

namespace {

// add(line, partial) adds the terms of a line to a partial of two sums per channel.
template <class Add, class Finish>
void sum_lines(const Lines& lines, Add&& add, Finish&& finish) {
  sum_bands<double>(
      lines.count, lines.band(), 2 * lines.channels,
      [&](Index begin, Index end, double* partial) {
        for (Index line = begin; line < end; ++line) add(line, partial);
      },
      finish);
}

}  // namespace

// In double a sum of squares of floats loses (mean / deviation)^2 of 2^-53: nothing that the
// variance of float data could show, as their own rounding blurs it by (mean / deviation) of 2^-24.
void moments_of(const double* sums, Index rows, Index channels, double* mean, double* variance) {
  const double count = static_cast<double>(rows);
  for (Index c = 0; c < channels; ++c) {
    mean[c] = sums[c] / count;
    const double spread = sums[channels + c] / count - mean[c] * mean[c];
    variance[c] = spread < 0 ? 0 : spread;  // rounding may end below 0; a NaN stays
  }
}

template <class T>
void channel_sums(const Lines& lines, const T* y, double* sums) {
  sum_lines(
      lines,
      [&](Index line, double* partial) {
        add_moments(lines.pixels, lines.channels, y + line * lines.size(), partial);
      },
      [&](const double* total) { std::copy_n(total, 2 * lines.channels, sums); });
}

template <class T>
void map_lines(const Lines& lines, const ChannelMap<T>& map, const T* x, T* z) {
  parallel_rows(lines.count, lines.size(), [&](Index line) {
    const Index at = line * lines.size();
    map_line(map, lines.pixels, lines.channels, x + at, z + at);
  });
}

template <class T>
void gradient_sums(const Lines& lines, const ChannelMap<T>& map, const T* d, const T* y,
                   double* sum, double* product) {
  sum_lines(
      lines,
      [&](Index line, double* partial) {
        const Index at = line * lines.size();
        add_gradient_sums(map, lines.pixels, lines.channels, d + at, y + at, partial);
      },
      [&](const double* total) {
        std::copy_n(total, lines.channels, sum);
        std::copy_n(total + lines.channels, lines.channels, product);
      });
}

template <class T>
void normalize_gradient(const Lines& lines, const ChannelMap<T>& map, const T* slope,
                        const T* offset, const T* d, const T* y, T* dy) {
  parallel_rows(lines.count, lines.size(), [&](Index line) {
    const Index at = line * lines.size();
    gradient_line(map, slope, offset, lines.pixels, lines.channels, d + at, y + at, dy + at);
  });
}

template void channel_sums(const Lines&, const float*, double*);
template void channel_sums(const Lines&, const double*, double*);
template void map_lines(const Lines&, const ChannelMap<float>&, const float*, float*);
template void map_lines(const Lines&, const ChannelMap<double>&, const double*, double*);
template void gradient_sums(const Lines&, const ChannelMap<float>&, const float*, const float*,
                            double*, double*);
template void gradient_sums(const Lines&, const ChannelMap<double>&, const double*, const double*,
                            double*, double*);
template void normalize_gradient(const Lines&, const ChannelMap<float>&, const float*, const float*,
                                 const float*, const float*, float*);
template void normalize_gradient(const Lines&, const ChannelMap<double>&, const double*,
                                 const double*, const double*, const double*, double*);

}  // namespace integrad::kernels
