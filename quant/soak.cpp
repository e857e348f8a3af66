#include "integrad/quant/soak.h"

#include <algorithm>

#include "integrad/nn/interpreter.h"
#include "integrad/quant/emitted_batch.h"
#include "integrad/quant/emitted_program.h"
#include "integrad/quant/fake_quant.h"
#include "integrad/quant/random_graph.h"
#include "integrad/quant/random_model.h"
#include "integrad/quant/runner.h"
#include "integrad/tensor/error.h"

namespace integrad {

namespace {

// Of a batch's run; an emulated core takes seconds.
constexpr std::chrono::seconds kLimit{600};

/// One model, lowered for the target whose C it is emitted for, and the codes all paths must give.
struct Case {
  int number;
  QGraph program;
  PlanOptions plan;
  Tensor<std::int8_t> input;
  std::vector<Tensor<std::int8_t>> expected;  // by node: [images, ...]

  Index images() const { return input.shape()[0]; }
  std::span<const std::int8_t> image(std::size_t node, Index n) const {
    const auto all = std::as_const(expected[node]).values();
    const std::size_t size = all.size() / static_cast<std::size_t>(images());
    return all.subspan(static_cast<std::size_t>(n) * size, size);
  }
};

class Soak {
 public:
  explicit Soak(const SoakOptions& options) : options_(options) {}

  /// Compares the training-time forward and the runner, and keeps what is to be emitted.
  void add(int number) {
    const auto stream = static_cast<std::uint64_t>(number);
    RandomModel random = random_model(options_.seed, stream);
    Dice dice(options_.seed + 1, stream);
    const Index images = dice.between(1, 3);
    PlanOptions plan;
    plan.stream = !dice.one_in(4);
    plan.recompute = dice.one_in(2);
    const Graph& graph = random.model.graph;
    const Tensor<float> pixels = random_images(graph, images, options_.seed, stream);
    const auto emitted = static_cast<std::size_t>(number) % rounding_targets().size();
    for (std::size_t t = 0; t < rounding_targets().size(); ++t) {
      const Target& target = rounding_targets()[t];
      Case c{number,
             lower(graph, random.model.parameters, random.quantizations, target),
             plan,
             {},
             {}};
      c.input = quantize_image(c.program, pixels);
      Tape<float> tape;
      FakeQuantEvaluator evaluator(tape, graph, random.model.parameters, Mode::evaluate,
                                   random.quantizations, target);
      const auto values = interpret(tape, graph, tape.constant(pixels), evaluator);
      for (std::size_t id = 0; id < values.size(); ++id)
        c.expected.push_back(codes_of(tape.value(values[id]), random.quantizations[id]));
      const auto ran = run(c.program, c.input, Keep::all);
      for (std::size_t id = 0; id < ran.size(); ++id)
        compare(c, "integer runner", id, std::as_const(c.expected[id]).values(), ran[id].values());
      const std::size_t last = ran.size() - 1;
      compare(c, "integer runner, by rows", last, std::as_const(c.expected[last]).values(),
              run(c.program, c.input).back().values());
      if (t != emitted) continue;
      count(c);
      cases_.push_back(std::move(c));
    }
    ++report_.graphs;
  }

  /// Emits, compiles and runs what was kept, and forgets it.
  void flush() {
    std::vector<Toolchain> toolchains;
    for (const std::string& name : options_.compilers) toolchains.push_back(host_toolchain(name));
    for (const std::string& name : options_.devices)
      toolchains.push_back(device_toolchain(find_device(name), options_.folder));
    if (!toolchains.empty() && !cases_.empty()) {
      std::vector<BatchModel> models;
      for (const Case& c : cases_) models.push_back({c.number, &c.program, c.plan, c.images()});
      write_files(options_.folder, export_batch(models));
      for (const Toolchain& toolchain : toolchains)
        check(EmittedProgram(options_.folder, toolchain, options_.optimization, Build::traced,
                             kLimit, batch_sources(models)));
    }
    cases_.clear();
  }

  const SoakReport& report() const { return report_; }

 private:
  void count(const Case& c) {
    for (const QNode& node : c.program.nodes)
      ++report_.operators[std::string(name_of(node.operation))];
    for (const auto& codes : c.expected) {
      report_.lowest += std::ranges::count(codes.values(), -128);
      report_.highest += std::ranges::count(codes.values(), 127);
    }
  }

  void compare(const Case& c, const std::string& path, std::size_t node,
               std::span<const std::int8_t> expected, std::span<const std::int8_t> got) {
    require(expected.size() == got.size(), "graph ", c.number, ", ", path, ", layer '",
            c.program.nodes[node].name, "': ", got.size(), " codes instead of ", expected.size());
    Index differences = 0;
    for (std::size_t i = 0; i < got.size(); ++i) differences += got[i] != expected[i];
    report_.bytes += static_cast<Index>(got.size());
    report_.differences += differences;
    if (differences > 0 && !report_.first)
      report_.first = SoakDifference{c.number, std::string(c.program.target.name), path,
                                     c.program.nodes[node].name,
                                     std::string(name_of(c.program.nodes[node].operation))};
  }

  void check(const EmittedProgram& program) {
    std::vector<std::int8_t> input;
    for (const Case& c : cases_) input.insert(input.end(), c.input.begin(), c.input.end());
    std::size_t at = 0;  // the case whose image is traced
    Index image = 0;
    std::vector<Index> seen(cases_.front().program.nodes.size(), 0);
    program.run_traced(input, [&](int layer, Index first, std::span<const std::int8_t> codes) {
      require(at < cases_.size(), program.name(), " traces more images than it was given");
      const Case& c = cases_[at];
      const int last = c.program.size() - 1;
      require(layer <= last, program.name(), ", graph ", c.number, ": traces layer ", layer);
      const auto node = static_cast<std::size_t>(layer < 0 ? last : layer);
      const auto whole = c.image(node, image);
      require(first + static_cast<Index>(codes.size()) <= static_cast<Index>(whole.size()),
              program.name(), ", graph ", c.number, ": layer ", layer, " is too large");
      compare(c, program.name(), node, whole.subspan(static_cast<std::size_t>(first), codes.size()),
              codes);
      seen[node] += layer < 0 ? 0 : static_cast<Index>(codes.size());
      if (layer >= 0) return;
      for (int id = 1; id <= last; ++id)
        require(seen[static_cast<std::size_t>(id)] >= c.program.node(id).shape.elements(),
                program.name(), ", graph ", c.number, ": layer '", c.program.node(id).name,
                "' is not traced whole");
      if (++image == c.images()) {
        image = 0;
        ++at;
      }
      seen.assign(at < cases_.size() ? cases_[at].program.nodes.size() : 0, 0);
    });
    require(at == cases_.size(), program.name(), " ends before the last model");
  }

  const SoakOptions& options_;
  std::vector<Case> cases_;
  SoakReport report_;
};

}  // namespace

SoakReport soak(const SoakOptions& options) {
  require(options.graphs > 0 && options.batch > 0 && options.first >= 0,
          "a soak needs graphs and batches of at least 1; got ", options.graphs, " and ",
          options.batch);
  Soak soak(options);
  for (int i = 0; i < options.graphs; ++i) {
    soak.add(options.first + i);
    const bool full = (i + 1) % options.batch == 0 || i + 1 == options.graphs;
    if (full) soak.flush();
    if (full && options.on_progress) options.on_progress(i + 1);
  }
  return soak.report();
}

}  // namespace integrad
