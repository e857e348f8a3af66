#include "integrad/quant/verify.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "integrad/nn/interpreter.h"
#include "integrad/quant/cmsis_library.h"
#include "integrad/quant/export_cmsis.h"
#include "integrad/quant/fake_quant.h"
#include "integrad/quant/reach.h"
#include "integrad/quant/runner.h"

namespace integrad {

Verifier::Verifier(Model<float> folded, std::vector<Quantization> quantizations,
                   const Target& target, const VerifyOptions& options)
    : model_(std::move(folded)),
      quantizations_(std::move(quantizations)),
      target_(target),
      program_(lower(model_.graph, model_.parameters, quantizations_, target)) {
  std::vector<Toolchain> hosts, cores;
  for (const std::string& compiler : options.compilers) hosts.push_back(host_toolchain(compiler));
  for (const std::string& name : options.devices)
    cores.push_back(device_toolchain(find_device(name), options.folder));
  const bool calls = !options.cmsis_nn.empty();
  if (calls) {
    const auto library = cmsis_library(options.cmsis_nn, target.rounding);
    for (auto* toolchains : {&hosts, &cores})
      for (Toolchain& toolchain : *toolchains)
        toolchain.sources.insert(toolchain.sources.end(), library.begin(), library.end());
  }
  if (options.emit && !cores.empty()) {
    Footprint needs = calls ? Footprint{} : footprint(program_, options.plan);
    for (const CmsisCore core : kCmsisCores)
      if (calls)
        needs.arena_bytes =
            std::max(needs.arena_bytes, cmsis_footprint(program_, core).arena_bytes);
    needs.flash_bytes = constant_bytes(program_);
    for (const std::string& name : options.devices)
      require_fits(find_device(name), program_, needs);
  }
  for (const auto* toolchains : {&hosts, &cores})
    for (const Toolchain& toolchain : *toolchains) require_installed(toolchain);
  for (int id = 0; id < program_.size(); ++id) {
    const QNode& node = program_.node(id);
    const Node& source = model_.graph.node(id);
    report_.layers.push_back({node.name, std::string(name_of(node.operation)), node.shape, 0, 0,
                              macs_of(source.layer, model_.graph.input_shapes(source))});
  }
  if (options.emit)
    write_files(options.folder, calls ? export_cmsis(program_) : export_c(program_, options.plan));
  report_.paths.emplace_back("integer runner");
  for (const Toolchain& host : hosts)
    for (const std::string& optimization : options.optimizations)
      compile(host, optimization, options);
  for (const Toolchain& core : cores)
    for (const std::string& optimization : options.device_optimizations)
      compile(core, optimization, options);
}

void Verifier::compile(const Toolchain& toolchain, const std::string& optimization,
                       const VerifyOptions& options) {
  const auto add = [&](std::vector<EmittedProgram>& programs, Build build) {
    const EmittedProgram& program =
        programs.emplace_back(options.folder, toolchain, optimization, build, options.limit);
    if (build != Build::counted) report_.paths.push_back(program.name());
    if (options.on_compiled) options.on_compiled(program.name());
  };
  add(traced_, Build::traced);
  add(plain_, Build::plain);
  if (!options.count || toolchain.count.empty()) return;
  add(counted_, Build::counted);
  report_.counts.push_back({toolchain.name + " " + optimization, {}});
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
    const Index flat = first + i, channels = tally.shape.channels();
    const Index width = row_size_of(tally.shape) / channels;
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
  for (std::size_t i = 0; i < counted_.size() && report_.images == 0; ++i) {
    std::vector<Index>& counts = report_.counts[i].layers = counted_[i].count(input.values());
    require(std::ssize(counts) == layers, "the emitted program (", counted_[i].name(), ") counts ",
            counts.size(), " layers of a model of ", layers);
  }
  ++report_.images;
}

Index InstructionCount::total() const {
  return std::accumulate(layers.begin(), layers.end(), Index{0});
}

Index VerifyReport::macs() const {
  Index sum = 0;
  for (const LayerTally& layer : layers) sum += layer.macs;
  return sum;
}

double instructions_per_unit(const LayerTally& layer, Index instructions) {
  const Index units = layer.macs > 0 ? layer.macs : layer.shape.elements();
  return static_cast<double>(instructions) / static_cast<double>(std::max<Index>(units, 1));
}

}  // namespace integrad
