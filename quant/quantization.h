#pragma once
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "integrad/nn/graph.h"

namespace integrad {

/// How int8 codes stand for real numbers: real = scale * (code - zero_point).
struct Quantization {
  float scale = 1;
  std::int32_t zero_point = 0;
  bool operator==(const Quantization&) const = default;

  float real(std::int32_t code) const { return scale * static_cast<float>(code - zero_point); }
};
std::ostream& operator<<(std::ostream& out, const Quantization& quantization);

/// The image enters as scale 1/255, zero point -128: its code is pixel - 128.
inline constexpr Quantization kImageQuantization{1.0f / 255.0f, -128};

/// A closed interval of real values that codes have to cover.
struct Range {
  float low = 0, high = 0;
};

/// The affine int8 quantisation of a range, widened to contain 0 so that 0 is exact:
///   scale = (high - low) / 255,  zero_point = round(-128 - low / scale)
/// Throws Error when a bound is not finite. A range of no width gets the scale 2^-20.
Quantization quantization_of(const Range& range);

/// Softmax and sigmoid give shares of 1 in 1/256: their kernels know no other output.
inline constexpr Quantization kShareQuantization{1.0f / 256.0f, -128};

/// The quantisation that a layer's kernel prescribes for its output, or null.
const Quantization* fixed_quantization(const Layer& layer);

/// Whether a layer's output codes are input codes, or averages of them: it needs no range.
bool copies_codes(const Layer& layer);

/// Layers whose output codes are copies of input codes share the input's quantiser: pools, unpool,
/// pad, slice, reshape, resizes; concat ties all its inputs. For each node the lowest node of its
/// class.
std::vector<int> quantizer_classes(const Graph& graph);

/// For each node the quantisation that its class must have because a layer's kernel prescribes it,
/// or null. Throws Error, naming both layers, when such a class holds the image or a layer with a
/// range of its own: its codes would be clamped to [0, 1).
std::vector<const Quantization*> prescribed_quantizations(const Graph& graph);

/// One Quantization per node, constant over each class and the prescribed one where there is one.
/// Throws Error unless there are as many as nodes and each scale is a normal number above 0, naming
/// the layer.
void check_quantizations(const Graph& graph, std::span<const Quantization> quantizations);

}  // namespace integrad
