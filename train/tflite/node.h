#pragma once
#include <vector>

#include "integrad/quant/qgraph.h"
#include "integrad/train/tflite/window.h"

namespace integrad::tflite {

/// A node whose operators are being appended to a model.
struct NodeContext {
  const QGraph& program;
  int id;
  Composer& composer;
  const std::vector<TensorId>& values;  ///< of the nodes before
  std::vector<TensorId>& winners;       ///< by node: of pools that keep them

  const QNode& node() const { return program.node(id); }
  const std::string& name() const { return node().name; }
  const QNode& source(std::size_t i) const { return program.node(node().inputs[i]); }
  TensorId in(std::size_t i) const { return values[static_cast<std::size_t>(node().inputs[i])]; }
  /// The tensor of the node's output.
  TensorEntry out() const {
    return {name(), TensorType::int8, extents(node().shape), per_tensor(node().quantization)};
  }
};

/// An activation: its number within an operator's options, and the operator that it is by itself.
struct NamedActivation {
  FusedActivation fused;
  OperatorKind alone;
};
/// The activation that clamps to these codes. TFLM derives the clamp from the name and the output's
/// quantisation, as activation_range() does. Throws Error when none does it.
NamedActivation named_activation(const NodeContext& n, std::int32_t low, std::int32_t high);
OptionField activation(const NodeContext& n, Slot slot, std::int32_t low, std::int32_t high);
inline OptionField padding(Slot slot, PaddingRule rule) {
  return {slot, static_cast<std::int8_t>(rule)};
}

/// Each appends the operators of one kind of node and gives the tensor of its output. Throws Error
/// for what the format or TFLM cannot do.

TensorId append(const NodeContext& n, const quantized::Input& o);

// linear.cpp
TensorId append(const NodeContext& n, const quantized::Conv2d& o);
TensorId append(const NodeContext& n, const quantized::DepthwiseConv2d& o);
TensorId append(const NodeContext& n, const quantized::TransposedConv2d& o);
TensorId append(const NodeContext& n, const quantized::FullyConnected& o);

// pooling.cpp
TensorId append(const NodeContext& n, const quantized::MaxPool& o);
TensorId append(const NodeContext& n, const quantized::MaxUnpool& o);
TensorId append(const NodeContext& n, const quantized::AveragePool& o);

// pointwise.cpp
TensorId append(const NodeContext& n, const quantized::Add& o);
TensorId append(const NodeContext& n, const quantized::Subtract& o);
TensorId append(const NodeContext& n, const quantized::Multiply& o);
TensorId append(const NodeContext& n, const quantized::Softmax& o);
TensorId append(const NodeContext& n, const quantized::Requantize& o);
TensorId append(const NodeContext& n, const quantized::Logistic& o);
TensorId append(const NodeContext& n, const quantized::HardSwish& o);

// copies.cpp
TensorId append(const NodeContext& n, const quantized::ResizeNearest& o);
TensorId append(const NodeContext& n, const quantized::ResizeBilinear& o);
TensorId append(const NodeContext& n, const quantized::Concat& o);
TensorId append(const NodeContext& n, const quantized::Pad& o);
TensorId append(const NodeContext& n, const quantized::Slice& o);
TensorId append(const NodeContext& n, const quantized::Reshape& o);

}  // namespace integrad::tflite
