#include "integrad/autograd/tape_profile.h"

#include <algorithm>
#include <array>

namespace integrad {

namespace {

constexpr double kBytes = sizeof(float);

double elements(const Shape& shape) {
  return static_cast<double>(shape.elements());
}

// Products of an input and a filter that are added up. A filter's elements are shared out evenly
// over the channels of what it computes: co of [co,kh,kw,ci/groups] and of [out,in], c of
// [1,kh,kw,c]; a transposed convolution's over the channels ci that each input point scatters.
double multiply_accumulates(const TapeProfile::Node& node) {
  constexpr std::array<std::string_view, 6> kGather = {
      "conv2d",          "depthwise_conv2d", "conv2d_batch_norm", "depthwise_conv2d_batch_norm",
      "fully_connected", "fake_quant_linear"};
  const std::string_view operation = node.operation;
  if (node.inputs.size() < 2) return 0;
  const Shape &x = node.inputs[0].shape, &filter = node.inputs[1].shape;
  if (operation == "transposed_conv2d")
    return elements(x) * elements(filter) / static_cast<double>(x.channels());
  if (std::ranges::find(kGather, operation) == kGather.end()) return 0;
  return elements(node.shape) * elements(filter) / static_cast<double>(node.shape.channels());
}

// Whether the gradient depends on the operands' values, or on their places only.
bool reads_values(std::string_view operation) {
  constexpr std::array<std::string_view, 13> kPlacesOnly = {
      "add",         "sub", "max_pool2d", "max_unpool2d", "average_pool2d", "resize_nearest2d",
      "concat",      "pad", "slice",      "reshape",      "mean",           "resize_bilinear2d",
      "dense_filter"};
  return operation != "sum" && std::ranges::find(kPlacesOnly, operation) == kPlacesOnly.end();
}

// Whether the gradient reads the operator's own result, which its readers have mapped.
bool reads_result(std::string_view operation) {
  return operation == "conv2d_batch_norm" || operation == "depthwise_conv2d_batch_norm";
}

}  // namespace

OperatorCost& OperatorCost::operator+=(const OperatorCost& other) {
  flop += other.flop;
  bytes_read += other.bytes_read;
  bytes_written += other.bytes_written;
  return *this;
}

OperatorCost forward_cost(const TapeProfile::Node& node) {
  OperatorCost cost;
  if (node.inputs.empty()) return cost;
  cost.flop = 2 * multiply_accumulates(node);
  for (const TapeProfile::Operand& input : node.inputs)
    cost.bytes_read += kBytes * elements(input.shape);
  cost.bytes_written = kBytes * elements(node.shape);
  return cost;
}

OperatorCost backward_cost(const TapeProfile::Node& node) {
  OperatorCost cost;
  const double flop = 2 * multiply_accumulates(node);
  bool wanted = false;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const TapeProfile::Operand& input = node.inputs[i];
    if (!input.needs_gradient) continue;
    wanted = true;
    cost.bytes_written += kBytes * elements(input.shape);
    if (i < 2) cost.flop += flop;  // for the input and for the filter; a bias takes sums only
  }
  if (!wanted) return {};
  cost.bytes_read = (reads_result(node.operation) ? 2 : 1) * kBytes * elements(node.shape);
  if (reads_values(node.operation))
    for (const TapeProfile::Operand& input : node.inputs)
      cost.bytes_read += kBytes * elements(input.shape);
  return cost;
}

}  // namespace integrad
