#include "integrad/quant/verify.h"

#include <algorithm>
#include <utility>

#include "integrad/nn/interpreter.h"
#include "integrad/quant/fake_quant.h"
#include "integrad/quant/runner.h"

namespace integrad {

Verifier::Verifier(Model<float> folded, std::vector<Quantization> quantizations,
                   const Target& target, const VerifyOptions& options)
    : model_(std::move(folded)),
      quantizations_(std::move(quantizations)),
      target_(target),
      program_(lower(model_.graph, model_.parameters, quantizations_, target)) {
  if (options.emit) write_files(options.folder, export_c(program_, options.plan));
  report_.paths.emplace_back("integer runner");
  for (const std::string& compiler : options.compilers)
    for (const std::string& optimization : options.optimizations)
      for (const bool traced : {true, false}) {
        const EmittedProgram& program =
            (traced ? traced_ : plain_)
                .emplace_back(options.folder, compiler, optimization, traced);
        report_.paths.push_back(program.name());
        if (options.on_compiled) options.on_compiled(program.name());
      }
  for (const QNode& node : program_.nodes)
    report_.layers.push_back({node.name, std::string(name_of(node.operation)), node.shape});
}

void Verifier::compare(const std::string& path, int layer, Index first,
                       std::span<const std::int8_t> expected, std::span<const std::int8_t> got) {
  LayerTally& tally = report_.layers[static_cast<std::size_t>(layer)];
  const Index count = static_cast<Index>(std::min(expected.size(), got.size()));
  Index differences = static_cast<Index>(std::max(expected.size(), got.size())) - count;
  for (Index i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (expected[at] == got[at]) continue;
    ++differences;
    const bool earlier = !report_.first || (first_image_ == report_.images && layer < first_layer_);
    if (!earlier) continue;
    const Index flat = first + i, channels = tally.shape.channels(), width = tally.shape.width();
    report_.first = Divergence{path,
                               tally.name,
                               report_.images,
                               flat / (width * channels),
                               flat / channels % width,
                               flat % channels,
                               expected[at],
                               got[at]};
    first_layer_ = layer;
    first_image_ = report_.images;
  }
  tally.bytes += count;
  tally.differences += differences;
  report_.bytes += count;
  report_.differences += differences;
}

void Verifier::check(const Tensor<float>& image) {
  Tape<float> tape;
  FakeQuantEvaluator evaluator(tape, model_.graph, model_.parameters, Mode::evaluate,
                               quantizations_, target_);
  const std::vector<Var> values = interpret(tape, model_.graph, tape.constant(image), evaluator);
  std::vector<Tensor<std::int8_t>> expected;
  for (std::size_t i = 0; i < values.size(); ++i)
    expected.push_back(codes_of(tape.value(values[i]), quantizations_[i]));

  const Tensor<std::int8_t> input = quantize_image(program_, image);
  const auto from_runner = run(program_, input, Keep::all);
  const int layers = program_.size();
  for (int id = 0; id < layers; ++id) {
    const auto i = static_cast<std::size_t>(id);
    compare(report_.paths.front(), id, 0, expected[i].values(), from_runner[i].values());
  }

  for (const EmittedProgram& program : traced_) {
    std::vector<std::vector<bool>> seen;  // by layer and code; a layer may be computed twice
    for (const QNode& node : program_.nodes)
      seen.emplace_back(static_cast<std::size_t>(node.shape.elements()), false);
    program.run_traced(input.values(), [&](int layer, Index first,
                                           std::span<const std::int8_t> codes) {
      const int id = layer < 0 ? layers - 1 : layer;
      require(id < layers, "the emitted program traces layer ", layer, " of a model of ", layers);
      const auto whole = std::as_const(expected[static_cast<std::size_t>(id)]).values();
      require(first + static_cast<Index>(codes.size()) <= static_cast<Index>(whole.size()),
              "the emitted program's layer '", program_.node(id).name,
              "' is larger than the model's");
      compare(program.name(), id, first,
              whole.subspan(static_cast<std::size_t>(first), codes.size()), codes);
      const auto begin = seen[static_cast<std::size_t>(id)].begin() + first;
      if (layer >= 0) std::fill(begin, begin + static_cast<std::ptrdiff_t>(codes.size()), true);
    });
    for (int id = 1; id < layers; ++id) {
      const std::vector<bool>& codes = seen[static_cast<std::size_t>(id)];
      const auto count = std::ranges::count(codes, true);
      require(std::cmp_equal(count, codes.size()), "the emitted program (", program.name(),
              ") traced ", count, " codes of layer '", program_.node(id).name, "', which has ",
              codes.size());
    }
  }
  for (const EmittedProgram& program : plain_)
    compare(program.name(), layers - 1, 0, expected.back().values(), program.run(input.values()));
  ++report_.images;
}

}  // namespace integrad
