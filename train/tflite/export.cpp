#include "integrad/train/tflite/export.h"

#include "integrad/quant/lower.h"
#include "integrad/tensor/files.h"
#include "integrad/train/tflite/node.h"
#include "integrad/train/tflite/program.h"

namespace integrad {

namespace tflite {

NamedActivation named_activation(const NodeContext& n, std::int32_t low, std::int32_t high) {
  constexpr std::pair<Activation, NamedActivation> kAll[] = {
      {Activation::none, {FusedActivation::none, kind::quantize}},
      {Activation::relu, {FusedActivation::relu, kind::relu}},
      {Activation::relu6, {FusedActivation::relu6, kind::relu6}}};
  for (const auto& [name, numbers] : kAll) {
    const CodeRange range = activation_range(name, n.node().quantization);
    if (range.low == low && range.high == high) return numbers;
  }
  fail("the format has no name for the clamp to codes ", low, " to ", high);
}

OptionField activation(const NodeContext& n, Slot slot, std::int32_t low, std::int32_t high) {
  return {slot, static_cast<std::int8_t>(named_activation(n, low, high).fused)};
}

TensorId append(const NodeContext& n, const quantized::Input&) {
  return n.composer.input(n.name(), n.node().shape, n.node().quantization);
}

Model program_as_model(const QGraph& program) {
  require(
      program.target.rounding == INTEGRAD_ROUNDING_DOUBLE,
      "tflite: a model file does not state its rounding, and TensorFlow Lite Micro rounds twice "
      "unless built otherwise; the program for target ",
      program.target.name, " rounds once and would compute other bytes there");
  require(program.size() > 1, "tflite: a program without layers has nothing to export");
  Composer composer;
  std::vector<TensorId> values, winners(program.nodes.size(), -1);
  for (int id = 0; id < program.size(); ++id) {
    const NodeContext context{program, id, composer, values, winners};
    values.push_back(with_context("layer '" + context.name() + "': tflite", [&] {
      return std::visit([&](const auto& o) { return append(context, o); },
                        context.node().operation);
    }));
  }
  return std::move(composer).finish("integrad, int8, target " + std::string(program.target.name),
                                    values.back());
}

}  // namespace tflite

std::vector<std::uint8_t> tflite_model(const QGraph& program) {
  return tflite::serialize(tflite::program_as_model(program));
}

}  // namespace integrad
