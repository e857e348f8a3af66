#pragma once
#include "integrad/tensor/kernels/simd/channel_map.h"
#include "integrad/tensor/shape.h"

/// Batch normalisation line by line: a line is a row of an image, [pixels, channels]. Whoever has a
/// line in the cache takes its sums or maps it there; whole maps are loops over these
/// (batch_norm.h) and so the bits are the same wherever it happens.
/// Sums are in double, over blocks of kSumBlock pixels one after the other: so a line may also be
/// summed in pieces of whole blocks.
namespace integrad::kernels {

/// z = map(x). z may be x.
template <class T>
void map_line(const ChannelMap<T>& map, Index pixels, Index channels, const T* x, T* z);

/// Adds the line's sum of y and sum of y^2 to `sums` [2][channels]. Squares of floats are exact in
/// double. In a block, the even pixels and the odd ones are summed apart.
template <class T>
void add_moments(Index pixels, Index channels, const T* y, double* sums);

/// Adds the sums of d' and of d' y: d is the cotangent of map(y), d' that of the line
/// y * scale + shift, which is d where a ReLU let the value through and 0 elsewhere. A block is
/// summed in T, every fourth pixel apart, (0 + 1) + (2 + 3): at most eight values are added before
/// their sum goes on in double.
template <class T>
void add_gradient_sums(const ChannelMap<T>& map, Index pixels, Index channels, const T* d,
                       const T* y, double* sums);

/// dy = y * slope + (d' * scale + offset), each sum of a product rounded once.
template <class T>
void gradient_line(const ChannelMap<T>& map, const T* slope, const T* offset, Index pixels,
                   Index channels, const T* d, const T* y, T* dy);

/// Plain loops: the definition that the vector code is tested against.
namespace reference {
template <class T>
void map_line(const ChannelMap<T>& map, Index pixels, Index channels, const T* x, T* z);
template <class T>
void add_moments(Index pixels, Index channels, const T* y, double* sums);
template <class T>
void add_gradient_sums(const ChannelMap<T>& map, Index pixels, Index channels, const T* d,
                       const T* y, double* sums);
template <class T>
void gradient_line(const ChannelMap<T>& map, const T* slope, const T* offset, Index pixels,
                   Index channels, const T* d, const T* y, T* dy);
}  // namespace reference

}  // namespace integrad::kernels
