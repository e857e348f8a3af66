#include "integrad/tensor/kernels/batch_norm.h"

#include <algorithm>

#include "integrad/tensor/kernels/line_source.h"
#include "integrad/tensor/kernels/rows.h"

namespace integrad::kernels {

Lines Lines::of(const Shape& shape) {
  const Index channels = shape.channels(), elements = shape.elements();
  const Index pixels =
      shape.rank() > 2 ? shape[shape.rank() - 2] : elements / std::max<Index>(channels, 1);
  const Index size = pixels * channels;
  return {size == 0 ? 0 : elements / size, pixels, channels};
}

LineSums::LineSums(const Lines& lines)
    : count_(lines.count),
      size_(2 * lines.channels),
      values_(Buffer<double>::uninitialized(static_cast<std::size_t>(count_ * size_))) {}

double* LineSums::start(Index line) {
  double* const sums = of(line);
  std::fill_n(sums, size_, 0.0);
  return sums;
}

void LineSums::total(double* sums) const {
  std::fill_n(sums, size_, 0.0);
  for (Index line = 0; line < count_; ++line)
    for (Index i = 0; i < size_; ++i) sums[i] += values_.data()[line * size_ + i];
}

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
  LineSums partial(lines);
  parallel_rows(lines.count, lines.size(), [&](Index line) {
    add_moments(lines.pixels, lines.channels, y + line * lines.size(), partial.start(line));
  });
  partial.total(sums);
}

template <class T>
void map_lines(const Lines& lines, const ChannelMap<T>& map, const T* x, T* z) {
  parallel_rows(lines.count, lines.size(), [&](Index line) {
    const Index at = line * lines.size();
    map_line(map, lines.pixels, lines.channels, x + at, z + at);
  });
}

template <class T>
void gradient_sums(const Lines& lines, const ChannelMap<T>& map, Stored<T> d, Stored<T> y,
                   LineSums& sums) {
  parallel_lines(lines, [&] {
    const Index size = lines.size();
    return [&, size, scratch = Buffer<T>::uninitialized(static_cast<std::size_t>(size))](
               Index line) mutable {
      const Index at = line * size;
      add_gradient_sums(map, lines.pixels, lines.channels, read(d, at, size, scratch.data()), y, at,
                        sums.start(line));
    };
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
template void gradient_sums(const Lines&, const ChannelMap<float>&, Stored<float>, Stored<float>,
                            LineSums&);
template void gradient_sums(const Lines&, const ChannelMap<double>&, Stored<double>, Stored<double>,
                            LineSums&);
template void normalize_gradient(const Lines&, const ChannelMap<float>&, const float*, const float*,
                                 const float*, const float*, float*);
template void normalize_gradient(const Lines&, const ChannelMap<double>&, const double*,
                                 const double*, const double*, const double*, double*);

}  // namespace integrad::kernels
