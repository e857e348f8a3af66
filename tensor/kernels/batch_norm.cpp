#include "integrad/tensor/kernels/batch_norm.h"

#include <algorithm>

#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/kernels/rows.h"

namespace integrad::kernels {

namespace {

constexpr Index kBlock = 8;  // channels whose sums stay in registers while rows go by

// Calls block(first, count) for blocks of channels; count is the constant kBlock where it can be,
// which lets the compiler unroll.
template <class Block>
void for_each_block(Index channels, Block&& block) {
  Index first = 0;
  for (; first + kBlock <= channels; first += kBlock) block(first, kBlock);
  if (first < channels) block(first, channels - first);
}

// Rows of a block's inner loop: few enough that the second block finds them in the cache.
constexpr Index kStripRows = 64;

}  // namespace

// Both sums are of x - origin, where origin is the first row. Since that row is one of the summed
// values, (origin - mean)^2 <= rows * variance: the subtraction below loses at most a factor of
// `rows` of double's precision, whatever the data.
template <class T>
void channel_moments(Index rows, Index channels, const T* x, double* mean, double* variance) {
  const auto band = [&](Index begin, Index end, double* partial) {
    for (Index strip = begin; strip < end; strip += kStripRows)
      for_each_block(channels, [&](Index first, Index count) {
        double sum[kBlock], square[kBlock], origin[kBlock];
        for (Index c = 0; c < count; ++c) {
          sum[c] = partial[first + c];
          square[c] = partial[channels + first + c];
          origin[c] = x[first + c];
        }
        for (Index row = strip; row < std::min(end, strip + kStripRows); ++row) {
          const T* const point = x + row * channels + first;
          for (Index c = 0; c < count; ++c) {
            const double d = point[c] - origin[c];
            sum[c] += d;
            square[c] += d * d;
          }
        }
        std::copy(sum, sum + count, partial + first);
        std::copy(square, square + count, partial + channels + first);
      });
  };
  sum_bands<double>(rows, 2 * channels, band, [&](const double* total) {
    const double count = static_cast<double>(rows);
    for (Index c = 0; c < channels; ++c) {
      const double shifted = total[c] / count;
      mean[c] = x[c] + shifted;
      const double spread = total[channels + c] / count - shifted * shifted;
      variance[c] = spread < 0 ? 0 : spread;  // rounding may end below 0; a NaN stays
    }
  });
}

template <class T>
void normalize_rows(Index rows, Index channels, const T* x, const T* mean, const T* scale,
                    const T* shift, T* y) {
  parallel_rows(rows, channels, [=](Index row) {
    const T* const point = x + row * channels;
    T* const into = y + row * channels;
    for (Index c = 0; c < channels; ++c) into[c] = (point[c] - mean[c]) * scale[c] + shift[c];
  });
}

template <class T>
void centered_sums(Index rows, Index channels, const T* d, const T* x, const T* mean, double* sum,
                   double* product) {
  const auto band = [&](Index begin, Index end, double* partial) {
    for (Index strip = begin; strip < end; strip += kStripRows)
      for_each_block(channels, [&](Index first, Index count) {
        double sums[kBlock], products[kBlock], center[kBlock];
        for (Index c = 0; c < count; ++c) {
          sums[c] = partial[first + c];
          products[c] = partial[channels + first + c];
          center[c] = mean[first + c];
        }
        for (Index row = strip; row < std::min(end, strip + kStripRows); ++row) {
          const T* const point = x + row * channels + first;
          const T* const cotangent = d + row * channels + first;
          for (Index c = 0; c < count; ++c) {
            const double value = cotangent[c];
            sums[c] += value;
            products[c] += value * (point[c] - center[c]);
          }
        }
        std::copy(sums, sums + count, partial + first);
        std::copy(products, products + count, partial + channels + first);
      });
  };
  sum_bands<double>(rows, 2 * channels, band, [&](const double* total) {
    std::copy(total, total + channels, sum);
    std::copy(total + channels, total + 2 * channels, product);
  });
}

template <class T>
void normalize_gradient(Index rows, Index channels, const T* d, const T* x, const T* mean,
                        const T* scale, const T* slope, const T* offset, T* d_x) {
  parallel_rows(rows, channels, [=](Index row) {
    const T* const cotangent = d + row * channels;
    const T* const point = x + row * channels;
    T* const into = d_x + row * channels;
    for (Index c = 0; c < channels; ++c)
      into[c] = (cotangent[c] * scale[c] + (point[c] - mean[c]) * slope[c]) + offset[c];
  });
}

template void channel_moments(Index, Index, const float*, double*, double*);
template void channel_moments(Index, Index, const double*, double*, double*);
template void normalize_rows(Index, Index, const float*, const float*, const float*, const float*,
                             float*);
template void normalize_rows(Index, Index, const double*, const double*, const double*,
                             const double*, double*);
template void centered_sums(Index, Index, const float*, const float*, const float*, double*,
                            double*);
template void centered_sums(Index, Index, const double*, const double*, const double*, double*,
                            double*);
template void normalize_gradient(Index, Index, const float*, const float*, const float*,
                                 const float*, const float*, const float*, float*);
template void normalize_gradient(Index, Index, const double*, const double*, const double*,
                                 const double*, const double*, const double*, double*);

}  // namespace integrad::kernels
