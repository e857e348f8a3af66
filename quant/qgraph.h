#pragma once
#include <array>
#include <string>
#include <variant>
#include <vector>

#include "integrad/quant/c/conv.h"
#include "integrad/quant/c/copy.h"
#include "integrad/quant/c/depthwise.h"
#include "integrad/quant/c/elementwise.h"
#include "integrad/quant/c/fully_connected.h"
#include "integrad/quant/c/hard_swish.h"
#include "integrad/quant/c/logistic.h"
#include "integrad/quant/c/pool.h"
#include "integrad/quant/c/quantize.h"
#include "integrad/quant/c/resize.h"
#include "integrad/quant/c/softmax.h"
#include "integrad/quant/c/transposed_conv.h"
#include "integrad/quant/c/unpool.h"
#include "integrad/quant/quantization.h"
#include "integrad/quant/target.h"
#include "integrad/tensor/tensor.h"

namespace integrad {

/// The constants of a linear layer in integers.
struct LinearTables {
  Tensor<std::int8_t> weight;  ///< in the float weight's layout
  std::vector<std::int32_t> bias;
  std::vector<integrad_scale> scales;  ///< s_in * s_weight / s_out, one per output channel
  std::vector<float> weight_scales;
  std::vector<std::int64_t> bounds;  ///< |sum| stays at or below this, per output channel
};

/// The operations of a frozen integer program. Each holds the attributes of the C kernel that
/// computes it, so that the runner calls and the exporters print the same numbers. A linear
/// operation's `stage.scales` is null until kernel() points it at the tables.
namespace quantized {

struct Input {
  static constexpr std::string_view kName = "input";
};

struct Conv2d {
  static constexpr std::string_view kName = layer::Conv2d::kName;
  integrad_conv attributes;
  LinearTables tables;
  integrad_conv kernel() const {
    integrad_conv bound = attributes;
    bound.stage.scales = tables.scales.data();
    return bound;
  }
};

struct DepthwiseConv2d {
  static constexpr std::string_view kName = layer::DepthwiseConv2d::kName;
  integrad_depthwise attributes;
  LinearTables tables;
  integrad_depthwise kernel() const {
    integrad_depthwise bound = attributes;
    bound.stage.scales = tables.scales.data();
    return bound;
  }
};

struct TransposedConv2d {
  static constexpr std::string_view kName = layer::TransposedConv2d::kName;
  integrad_transposed_conv attributes;
  LinearTables tables;
  integrad_transposed_conv kernel() const {
    integrad_transposed_conv bound = attributes;
    bound.stage.scales = tables.scales.data();
    return bound;
  }
};

struct FullyConnected {
  static constexpr std::string_view kName = layer::FullyConnected::kName;
  integrad_fully_connected attributes;
  LinearTables tables;
  integrad_fully_connected kernel() const {
    integrad_fully_connected bound = attributes;
    bound.stage.scales = tables.scales.data();
    return bound;
  }
};

struct Add {
  static constexpr std::string_view kName = "add";
  integrad_add attributes;
};

struct Subtract {
  static constexpr std::string_view kName = "sub";
  integrad_add attributes;
};

struct Multiply {
  static constexpr std::string_view kName = "mul";
  integrad_multiply attributes;
};

struct MaxPool {
  static constexpr std::string_view kName = layer::MaxPool::kName;
  integrad_pool attributes;
  bool keeps_winners;  ///< an unpool reads them
};

struct MaxUnpool {
  static constexpr std::string_view kName = layer::MaxUnpool::kName;
  integrad_unpool attributes;
};

struct AveragePool {
  static constexpr std::string_view kName = layer::AveragePool::kName;
  integrad_pool attributes;
};

struct ResizeNearest {
  static constexpr std::string_view kName = "resize_nearest";
  integrad_resize attributes;
};

struct ResizeBilinear {
  static constexpr std::string_view kName = "resize_bilinear";
  integrad_resize attributes;
};

struct Concat {
  static constexpr std::string_view kName = layer::Concat::kName;
  std::vector<integrad_concat_part> parts;  ///< one per input
};

struct Pad {
  static constexpr std::string_view kName = layer::Pad::kName;
  integrad_pad attributes;
};

struct Slice {
  static constexpr std::string_view kName = layer::Slice::kName;
  integrad_slice attributes;
};

/// The same codes under another shape.
struct Reshape {
  static constexpr std::string_view kName = layer::Reshape::kName;
};

struct Softmax {
  static constexpr std::string_view kName = layer::Softmax::kName;
  integrad_softmax attributes;
};

/// A ReLU or ReLU6 that stands alone: another scale, and the clamp.
struct Requantize {
  static constexpr std::string_view kName = "requantize";
  integrad_requantization attributes;
  Activation activation;
};

/// The output code of each input code, from -128 on.
using CodeTable = std::array<std::int8_t, 256>;

/// The sigmoid.
struct Logistic {
  static constexpr std::string_view kName = "logistic";
  integrad_logistic attributes;
  CodeTable table;  ///< by the kernel from the attributes
};

struct HardSwish {
  static constexpr std::string_view kName = "hard_swish";
  integrad_hard_swish attributes;
  CodeTable table;  ///< by the kernel from the attributes
};

}  // namespace quantized

using Operation =
    std::variant<quantized::Input, quantized::Conv2d, quantized::DepthwiseConv2d,
                 quantized::TransposedConv2d, quantized::FullyConnected, quantized::Add,
                 quantized::Subtract, quantized::Multiply, quantized::MaxPool, quantized::MaxUnpool,
                 quantized::AveragePool, quantized::ResizeNearest, quantized::ResizeBilinear,
                 quantized::Concat, quantized::Pad, quantized::Slice, quantized::Reshape,
                 quantized::Softmax, quantized::Requantize, quantized::Logistic,
                 quantized::HardSwish>;

struct QNode {
  std::string name;
  Operation operation;
  std::vector<int> inputs;
  Shape shape;  ///< of the output for one image
  Quantization quantization;
};

/// A frozen integer program: nodes in topological order, the last one is the output.
struct QGraph {
  Target target;
  std::vector<QNode> nodes;

  const QNode& node(int id) const { return nodes[static_cast<std::size_t>(id)]; }
  int size() const { return static_cast<int>(nodes.size()); }
};

/// "conv2d", "depthwise_conv2d", "add" ...: the kernel family that computes it.
std::string_view name_of(const Operation& operation);
/// Bytes of an operation's weights and tables, which lie in a device's flash.
Index constant_bytes(const Operation& operation);
Index constant_bytes(const QGraph& program);
/// SHA-256 of all weights (one byte each), biases, multipliers and shifts (four bytes each, lowest
/// first) of the linear operations, in their order.
std::string weights_digest(const QGraph& program);
/// Bytes of one row of the winners that a max pool keeps.
Index winner_row_size(const quantized::MaxPool& pool);
/// The tables of a linear operation, else null.
const LinearTables* tables_of(const Operation& operation);
/// The table of an operation that looks its codes up, else null.
const quantized::CodeTable* code_table_of(const Operation& operation);

}  // namespace integrad
