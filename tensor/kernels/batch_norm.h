#pragma once
#include "integrad/tensor/shape.h"

/// The loops of batch normalisation over x [rows, channels], rows = all extents but the last. Sums
/// are taken in double, in bands of rows that are merged in order (bands.h).
namespace integrad::kernels {

/// mean[c] and the biased variance[c] = sum (x - mean)^2 / rows; rows >= 1. One pass over x.
template <class T>
void channel_moments(Index rows, Index channels, const T* x, double* mean, double* variance);

/// y = (x - mean) * scale + shift. y may be x.
template <class T>
void normalize_rows(Index rows, Index channels, const T* x, const T* mean, const T* scale,
                    const T* shift, T* y);

/// sum[c] = sum of d, product[c] = sum of d (x - mean). One pass over both.
template <class T>
void centered_sums(Index rows, Index channels, const T* d, const T* x, const T* mean, double* sum,
                   double* product);

/// d_x = d * scale + (x - mean) * slope + offset. One pass.
template <class T>
void normalize_gradient(Index rows, Index channels, const T* d, const T* x, const T* mean,
                        const T* scale, const T* slope, const T* offset, T* d_x);

}  // namespace integrad::kernels
