#include "integrad/train/tflite/composer.h"

#include <algorithm>
#include <array>
#include <limits>

#include "integrad/tensor/error.h"

namespace integrad::tflite {

namespace {

constexpr Index kMostElements = std::numeric_limits<std::int32_t>::max();

template <class T>
std::vector<std::uint8_t> little_endian(std::span<const T> values) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(values.size() * sizeof(T));
  for (const T value : values)
    for (std::size_t i = 0; i < sizeof(T); ++i)
      bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(value) >> (8 * i)));
  return bytes;
}

}  // namespace

std::vector<std::int32_t> extents(const Shape& shape) {
  std::vector<std::int32_t> result;
  for (const Index extent : shape.extents()) result.push_back(narrow<std::int32_t>(extent));
  return result;
}

TensorQuantization per_tensor(const Quantization& quantization) {
  return {{quantization.scale}, {quantization.zero_point}, 0};
}

TensorQuantization per_channel(std::vector<float> scales, std::int32_t dimension) {
  std::vector<std::int64_t> zero_points(scales.size(), 0);
  return {std::move(scales), std::move(zero_points), dimension};
}

TensorId Composer::add(TensorEntry entry) {
  const std::vector<Index> shape(entry.shape.begin(), entry.shape.end());
  require(Shape(shape).elements() <= kMostElements, "interpreters count with 32 bits; tensor '",
          entry.name, "' has ", Shape(shape).elements(), " elements");
  model_.tensors.push_back(std::move(entry));
  return narrow<TensorId>(model_.tensors.size() - 1);
}

TensorId Composer::input(const std::string& name, const Shape& shape,
                         const Quantization& quantization) {
  model_.inputs.push_back(add({name, TensorType::int8, extents(shape), per_tensor(quantization)}));
  return model_.inputs.back();
}

TensorId Composer::constant(const std::string& name, const Shape& shape,
                            TensorQuantization quantization, std::span<const std::int8_t> values) {
  return add(
      {name, TensorType::int8, extents(shape), std::move(quantization), little_endian(values)});
}

TensorId Composer::constant(const std::string& name, const Shape& shape,
                            TensorQuantization quantization, std::span<const std::int32_t> values) {
  return add(
      {name, TensorType::int32, extents(shape), std::move(quantization), little_endian(values)});
}

TensorId Composer::numbers(const std::string& name, const Shape& shape,
                           std::span<const std::int32_t> values) {
  return constant(name, shape, {}, values);
}

TensorId Composer::apply(const OperatorKind& kind, std::vector<TensorId> inputs, TensorEntry output,
                         std::vector<OptionField> options) {
  const TensorId result = add(std::move(output));
  model_.operators.push_back({kind, std::move(inputs), {result}, std::move(options)});
  return result;
}

TensorId Composer::reshape(TensorId from, const std::string& name, const Shape& shape) {
  const std::vector<std::int32_t> to = extents(shape);
  return apply(kind::reshape, {from}, {name, at(from).type, to, at(from).quantization},
               {{slot::reshape::shape, to}});
}

TensorId Composer::pad(TensorId from, const std::string& name, const Border& border,
                       std::int8_t value) {
  if (border == Border{}) return from;
  const TensorEntry source = at(from);
  std::vector<std::int32_t> shape = source.shape;
  shape[1] += border.top + border.bottom;
  shape[2] += border.left + border.right;
  const std::array<std::int32_t, 8> sides{
      0, 0, border.top, border.bottom, border.left, border.right, 0, 0};
  const TensorId amounts = numbers(name + "/sides", {4, 2}, sides);
  const TensorEntry padded{name, TensorType::int8, shape, source.quantization};
  // PAD fills with the zero point.
  if (value == source.quantization.zero_points[0]) return apply(kind::pad, {from, amounts}, padded);
  const std::array<std::int8_t, 1> filling{value};
  const TensorId fill = constant(name + "/value", {1}, source.quantization, filling);
  return apply(kind::pad_v2, {from, amounts, fill}, padded);
}

TensorId Composer::slice(TensorId from, TensorEntry output,
                         const std::array<std::int32_t, 4>& begin) {
  const TensorId first = numbers(output.name + "/begin", {4}, begin);
  const TensorId size = numbers(output.name + "/size", {4}, output.shape);
  return apply(kind::slice, {from, first, size}, std::move(output));
}

TensorId Composer::resize(TensorId from, const std::string& name, std::int32_t height,
                          std::int32_t width, std::int8_t value) {
  TensorEntry kept = at(from);
  const Border border{0, std::max(0, height - kept.shape[1]), 0,
                      std::max(0, width - kept.shape[2])};
  if (height < kept.shape[1] || width < kept.shape[2]) {
    kept.name = border == Border{} ? name : name + "/kept";
    kept.shape[1] = std::min(height, kept.shape[1]);
    kept.shape[2] = std::min(width, kept.shape[2]);
    from = slice(from, std::move(kept), {0, 0, 0, 0});
  }
  return pad(from, name, border, value);
}

Model Composer::finish(std::string description, TensorId output) && {
  model_.description = std::move(description);
  model_.outputs = {output};
  return std::move(model_);
}

}  // namespace integrad::tflite
