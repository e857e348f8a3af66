#pragma once
#include "integrad/tensor/buffer.h"
#include "integrad/tensor/kernels/norm_lines.h"
#include "integrad/tensor/stored_tensor.h"

/// The loops of batch normalisation over whole maps [lines, pixels, channels], and the sums that
/// whoever has a line in the cache may take of it.
namespace integrad::kernels {

/// A map [...,pixels,channels] as lines; of rank 1 and 2 one line.
struct Lines {
  Index count, pixels, channels;
  static Lines of(const Shape& shape);
  Index size() const { return pixels * channels; }
  Index rows() const { return count * pixels; }
};

/// Two sums per channel of each line of a map, [lines][2][channels]. Lines are summed each by
/// itself and added in order, so the bits do not depend on who sums which line when.
class LineSums {
 public:
  explicit LineSums(const Lines& lines);
  /// The sums of one line, to be added to; zeros when it is first asked for.
  double* start(Index line);
  /// The same once a part of the line has been added.
  double* of(Index line) { return values_.data() + line * size_; }
  /// total [2][channels], starting at +0. All lines must have been summed.
  void total(double* sums) const;

 private:
  Index count_, size_;
  Buffer<double> values_;
};

/// The sums of y and of y^2 over all rows: sums [2][channels]. One pass.
template <class T>
void channel_sums(const Lines& lines, const T* y, double* sums);

/// mean[c] and the biased variance[c] of `rows` values, from those sums.
void moments_of(const double* sums, Index rows, Index channels, double* mean, double* variance);

/// z = map(x), see norm_lines.h. z may be x.
template <class T>
void map_lines(const Lines& lines, const ChannelMap<T>& map, const T* x, T* z);

/// Each line's sums of d' and of d' y (norm_lines.h). One pass over both.
template <class T>
void gradient_sums(const Lines& lines, const ChannelMap<T>& map, Stored<T> d, Stored<T> y,
                   LineSums& sums);

/// dy = y * slope + (d' * scale + offset). One pass.
template <class T>
void normalize_gradient(const Lines& lines, const ChannelMap<T>& map, const T* slope,
                        const T* offset, const T* d, const T* y, T* dy);

}  // namespace integrad::kernels
