#pragma once
#include <array>
#include <span>

#include "integrad/quant/quantization.h"
#include "integrad/tensor/shape.h"
#include "integrad/train/tflite/model.h"

namespace integrad::tflite {

/// Numbers a tensor within its model.
using TensorId = std::int32_t;

std::vector<std::int32_t> extents(const Shape& shape);
TensorQuantization per_tensor(const Quantization& quantization);
/// One scale per index of `dimension`, zero point 0.
TensorQuantization per_channel(std::vector<float> scales, std::int32_t dimension);

/// Builds a model's tensors and operators one after the other.
class Composer {
 public:
  TensorId input(const std::string& name, const Shape& shape, const Quantization& quantization);
  TensorId constant(const std::string& name, const Shape& shape, TensorQuantization quantization,
                    std::span<const std::int8_t> values);
  TensorId constant(const std::string& name, const Shape& shape, TensorQuantization quantization,
                    std::span<const std::int32_t> values);
  /// int32 numbers that stand for themselves: extents, positions.
  TensorId numbers(const std::string& name, const Shape& shape,
                   std::span<const std::int32_t> values);

  /// Appends an operator and the tensor it computes, which has the operator's name.
  TensorId apply(const OperatorKind& kind, std::vector<TensorId> inputs, TensorEntry output,
                 std::vector<OptionField> options = {});
  /// The same bytes under another shape and name.
  TensorId reshape(TensorId from, const std::string& name, const Shape& shape);
  /// Points beside the image.
  struct Border {
    std::int32_t top = 0, bottom = 0, left = 0, right = 0;
    bool operator==(const Border&) const = default;
  };
  /// A border of `value`; no border: `from` itself.
  TensorId pad(TensorId from, const std::string& name, const Border& border, std::int8_t value);
  /// The part of a feature map that begins at `begin` and has the output's shape.
  TensorId slice(TensorId from, TensorEntry output, const std::array<std::int32_t, 4>& begin);
  /// The image cut off, or continued with `value`, at the bottom and on the right.
  TensorId resize(TensorId from, const std::string& name, std::int32_t height, std::int32_t width,
                  std::int8_t value);

  const TensorEntry& at(TensorId id) const { return model_.tensors[static_cast<std::size_t>(id)]; }
  Model finish(std::string description, TensorId output) &&;

 private:
  TensorId add(TensorEntry entry);
  Model model_;
};

}  // namespace integrad::tflite
