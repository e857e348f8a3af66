#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "integrad/train/tflite/format.h"

namespace integrad::tflite {

/// A .tflite file's content as plain data: one subgraph of tensors and operators.

/// real = scale * (code - zero_point), for the whole tensor or for each index of one dimension.
struct TensorQuantization {
  std::vector<float> scales;  ///< none: the tensor's values stand for themselves
  std::vector<std::int64_t> zero_points;
  std::int32_t dimension = 0;
};

struct TensorEntry {
  std::string name;
  TensorType type;
  std::vector<std::int32_t> shape;
  TensorQuantization quantization;
  std::vector<std::uint8_t> constant = {};  ///< little-endian; empty: computed, or an input
};

/// A field of an operator's options. The value's type is the field's.
struct OptionField {
  Slot slot;
  std::variant<bool, std::int8_t, std::int32_t, float, std::vector<std::int32_t>> value;
};

struct OperatorEntry {
  OperatorKind kind;
  std::vector<std::int32_t> inputs, outputs;  ///< tensors by their number
  std::vector<OptionField> options;
};

struct Model {
  std::string description;
  std::vector<TensorEntry> tensors;
  std::vector<OperatorEntry> operators;  ///< in the order in which they run
  std::vector<std::int32_t> inputs, outputs;
};

/// The file's bytes. Throws Error when the constants do not fit a flatbuffer (2 GB).
std::vector<std::uint8_t> serialize(const Model& model);

}  // namespace integrad::tflite
