#pragma once
#include "integrad/tensor/kernels/norm_lines.h"

/// The loops of batch normalisation over whole maps [lines, pixels, channels]. Sums are taken over
/// bands of lines that are merged in order (bands.h).
namespace integrad::kernels {

/// A map [...,pixels,channels] as lines. Rank 1 and 2 have one pixel a line.
struct Lines {
  Index count, pixels, channels;
  static Lines of(const Shape& shape);
  Index size() const { return pixels * channels; }
  Index rows() const { return count * pixels; }
  /// Lines in a band of a sum of two values per channel.
  Index band() const;
};

/// The sums of y and of y^2 over all rows: sums [2][channels]. One pass.
template <class T>
void channel_sums(const Lines& lines, const T* y, double* sums);

/// mean[c] and the biased variance[c] of `rows` values, from those sums.
void moments_of(const double* sums, Index rows, Index channels, double* mean, double* variance);

/// z = map(x), see norm_lines.h. z may be x.
template <class T>
void map_lines(const Lines& lines, const ChannelMap<T>& map, const T* x, T* z);

/// sum[c] = sum of d', product[c] = sum of d' (y - mean). One pass over both.
template <class T>
void gradient_sums(const Lines& lines, const ChannelMap<T>& map, const T* d, const T* y,
                   double* sum, double* product);

/// dy = d' * scale + (y - mean) * slope + offset. One pass.
template <class T>
void normalize_gradient(const Lines& lines, const ChannelMap<T>& map, const T* slope,
                        const T* offset, const T* d, const T* y, T* dy);

}  // namespace integrad::kernels
