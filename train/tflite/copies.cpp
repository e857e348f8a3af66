#include <array>

#include "integrad/tensor/error.h"
#include "integrad/train/tflite/node.h"

namespace integrad::tflite {

namespace {

constexpr std::size_t kMostParts = 10;

TensorId resize(const NodeContext& n, const OperatorKind& kind, const integrad_resize& a,
                Slot align_corners, Slot half_pixel_centers) {
  const std::array<std::int32_t, 2> sides{a.output.height, a.output.width};
  const TensorId size = n.composer.numbers(n.name() + "/size", {2}, sides);
  return n.composer.apply(
      kind, {n.in(0), size}, n.out(),
      {{align_corners, a.align_corners != 0}, {half_pixel_centers, a.half_pixel != 0}});
}

}  // namespace

TensorId append(const NodeContext& n, const quantized::ResizeNearest& o) {
  namespace field = slot::resize_nearest_neighbor;
  return resize(n, kind::resize_nearest_neighbor, o.attributes, field::align_corners,
                field::half_pixel_centers);
}
TensorId append(const NodeContext& n, const quantized::ResizeBilinear& o) {
  namespace field = slot::resize_bilinear;
  return resize(n, kind::resize_bilinear, o.attributes, field::align_corners,
                field::half_pixel_centers);
}

TensorId append(const NodeContext& n, const quantized::Concat& o) {
  require(o.parts.size() <= kMostParts, "TFLM concatenates at most ", kMostParts, " parts; got ",
          o.parts.size());
  std::vector<TensorId> parts;
  for (std::size_t i = 0; i < o.parts.size(); ++i) parts.push_back(n.in(i));
  namespace field = slot::concatenation;
  return n.composer.apply(kind::concatenation, std::move(parts), n.out(),
                          {{field::axis, n.node().shape.rank() - 1},
                           {field::activation, static_cast<std::int8_t>(FusedActivation::none)}});
}

TensorId append(const NodeContext& n, const quantized::Pad& o) {
  const integrad_pad& a = o.attributes;
  const Composer::Border border{a.top, a.output.height - a.input.height - a.top, a.left,
                                a.output.width - a.input.width - a.left};
  if (border == Composer::Border{}) return n.composer.reshape(n.in(0), n.name(), n.node().shape);
  return n.composer.pad(n.in(0), n.name(), border, static_cast<std::int8_t>(a.zero_point));
}

TensorId append(const NodeContext& n, const quantized::Slice& o) {
  const integrad_slice& a = o.attributes;
  return n.composer.slice(n.in(0), n.out(), {0, a.top, a.left, a.first_channel});
}

TensorId append(const NodeContext& n, const quantized::Reshape&) {
  return n.composer.reshape(n.in(0), n.name(), n.node().shape);
}

}  // namespace integrad::tflite
