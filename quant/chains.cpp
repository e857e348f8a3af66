#include "integrad/quant/chains.h"

namespace integrad {

namespace {

constexpr Index kLarge = Index{1} << 20;

bool is_convolution(const QNode& node) {
  return std::holds_alternative<quantized::Conv2d>(node.operation) ||
         std::holds_alternative<quantized::DepthwiseConv2d>(node.operation);
}

}  // namespace

Chains::Chains(const QGraph& program, bool allowed)
    : program_(program), layers_(program.nodes.size()), reader_(program.nodes.size(), kNobody) {
  if (!allowed) return;
  std::vector<int> readers(program.nodes.size(), 0);
  for (const QNode& node : program.nodes)
    for (int from : node.inputs) ++readers[static_cast<std::size_t>(from)];
  for (int id = 0; id < program.size(); ++id)
    for (int from : program.node(id).inputs)
      if (readers[static_cast<std::size_t>(from)] == 1 &&
          program.node(from).shape.elements() >= kLarge && is_convolution(program.node(from)) &&
          is_convolution(program.node(id)) && layer(from) != nullptr && layer(id) != nullptr)
        reader_[static_cast<std::size_t>(from)] = id;
}

int Chains::last_of(int id) const {
  return waits(id) ? last_of(reader_[static_cast<std::size_t>(id)]) : id;
}

int Chains::first_of(int id) const {
  const std::vector<int>& inputs = program_.node(id).inputs;
  return !inputs.empty() && waits(inputs[0]) ? first_of(inputs[0]) : id;
}

std::vector<Chains::Layer> Chains::ending_at(int id) const {
  std::vector<Layer> layers{layers_[static_cast<std::size_t>(id)]};
  for (const int first = first_of(id); id != first;) {
    id = program_.node(id).inputs[0];
    layers.insert(layers.begin(), layers_[static_cast<std::size_t>(id)]);
  }
  return layers;
}

// Packed when it is asked for first; null where the portable kernels compute it.
const Chains::Layer& Chains::layer(int id) {
  Layer& kept = layers_[static_cast<std::size_t>(id)];
  if (kept != nullptr) return kept;
  const Operation& operation = program_.node(id).operation;
  if (const auto* o = std::get_if<quantized::Conv2d>(&operation))
    kept = kernels::int8::conv_layer(o->kernel(), o->tables.weight.data(), o->tables.bias.data());
  else if (const auto* d = std::get_if<quantized::DepthwiseConv2d>(&operation))
    kept =
        kernels::int8::depthwise_layer(d->kernel(), d->tables.weight.data(), d->tables.bias.data());
  return kept;
}

}  // namespace integrad
