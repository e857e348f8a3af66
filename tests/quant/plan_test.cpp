// Where and when an emitted program computes its layers.
#include "integrad/quant/plan.h"

#include <doctest/doctest.h>

#include "../support/temporary_folder.h"
#include "integrad/nn/fold.h"
#include "integrad/nn/models/qsegment.h"
#include "integrad/quant/emitted_program.h"
#include "integrad/quant/lower.h"
#include "integrad/quant/reach.h"
#include "integrad/quant/runner.h"
#include "integrad/quant/stage_rows.h"
#include "integrad/tensor/error.h"
#include "integrad/tensor/random.h"

using namespace integrad;

namespace {

QGraph qsegment(Index height, Index width) {
  const Graph graph = make_qsegment(height, width);
  const Model<float> model = fold(graph, initialize<float>(graph, 1));
  const std::vector<Quantization> same(model.graph.nodes().size(), kImageQuantization);
  return lower(model.graph, model.parameters, same, find_target(kDefaultTarget));
}

std::vector<std::string> whole_maps(const QGraph& program, const Plan& plan, Index height) {
  std::vector<std::string> names;
  for (int step = 1; step + 1 < plan.size(); ++step) {
    const QNode& node = program.node(plan.step(step).node);
    if (rows_of(node.shape) == height && plan.step(step).rows == height) names.push_back(node.name);
  }
  return names;
}

// The model between canaries, in an arena filled with one value and then another. It fails when a
// canary changes, when the output depends on the filling, and when the arena's last byte is never
// written: then a smaller arena would have done.
constexpr const char* kGuardedHarness = R"(
#include <stdio.h>
#include "model.h"
enum { GUARD = 64 };
static int8_t input[MODEL_INPUT_BYTES], output[2][MODEL_OUTPUT_BYTES];
static int8_t memory[GUARD + MODEL_ARENA_BYTES + GUARD];
int main(void) {
  static const int8_t fillings[2] = {85, -86};
  int i, run, last_written = 0;
  if (fread(input, 1, sizeof input, stdin) != sizeof input) return 1;
  for (run = 0; run < 2; ++run) {
    for (i = 0; i < (int)sizeof memory; ++i) memory[i] = fillings[run];
    model_run(input, output[run], memory + GUARD);
    for (i = 0; i < GUARD; ++i)
      if (memory[i] != fillings[run] || memory[GUARD + MODEL_ARENA_BYTES + i] != fillings[run])
        return 2;
    last_written |= memory[GUARD + MODEL_ARENA_BYTES - 1] != fillings[run];
  }
  for (i = 0; i < MODEL_OUTPUT_BYTES; ++i)
    if (output[0][i] != output[1][i]) return 3;
  if (!last_written) return 4;
  return fwrite(output[0], 1, sizeof output[0], stdout) == sizeof output[0] ? 0 : 5;
}
)";

void replace(std::string& text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
}

EmittedProgram guarded(const QGraph& program, const std::filesystem::path& folder,
                       std::string_view plan, Index arena_bytes) {
  std::vector<EmittedFile> files = export_c(program, find_plan(plan));
  const Index exact = footprint(program, find_plan(plan)).arena_bytes;
  for (EmittedFile& file : files) {
    if (file.path == "main.c") file.text = kGuardedHarness;
    const std::string define = "#define MODEL_ARENA_BYTES ";
    if (file.path == "model.h")
      replace(file.text, define + std::to_string(exact) + "\n",
              define + std::to_string(arena_bytes) + "\n");
  }
  write_files(folder, files);
  return {folder, host_toolchain("gcc"), "-O1", Build::plain};
}

}  // namespace

TEST_CASE("no full-resolution map is stored but the first block's skip, and that only if asked") {
  const QGraph program = qsegment(64, 64);
  const Plan layers = make_plan(program, find_plan("layers"));
  const Plan rows = make_plan(program, find_plan("rows"));
  const Plan recompute = make_plan(program, find_plan("recompute"));
  CHECK(whole_maps(program, layers, 64).size() == 10);
  CHECK(whole_maps(program, rows, 64) == std::vector<std::string>{"encoder1/full"});
  CHECK(whole_maps(program, recompute, 64).empty());
  CHECK(recompute.size() == rows.size() + 1);
  CHECK(rows.arena_bytes < layers.arena_bytes * 3 / 4);
  CHECK(recompute.arena_bytes < rows.arena_bytes * 3 / 5);
  // At a larger size the skip itself is only as tall as the detour it waits for.
  CHECK(whole_maps(qsegment(512, 512), make_plan(qsegment(512, 512)), 512).empty());
}

TEST_CASE("stages cover all steps once, each after those it reads") {
  for (const char* name : {"layers", "rows", "recompute"}) {
    const QGraph program = qsegment(48, 40);
    const Plan plan = make_plan(program, find_plan(name));
    int next = 1;
    for (const Stage& stage : plan.stages) {
      CHECK(stage.first == next);
      next = stage.last + 1;
      CHECK(stage.bytes <= plan.needed_bytes);
    }
    CHECK(next == plan.size());
    CHECK(plan.needed_bytes <= plan.arena_bytes);
    for (int step = 1; step < plan.size(); ++step)
      for (const int input : plan.step(step).inputs) CHECK(input < step);
  }
}

TEST_CASE("the rows that a stage holds are those that its readers still need") {
  const QGraph program = qsegment(64, 64);
  std::vector<Step> steps;
  for (int id = 0; id < program.size(); ++id) steps.push_back({id, program.node(id).inputs});
  const StepGraph graph(program, steps);
  // encoder1: 3x3, 1x1, depthwise 3x3, 2x2 pool. A pooled row takes two rows of the depthwise
  // layer, those four of the pointwise one.
  CHECK(rows_held(graph, 1, 4) == std::vector<Index>{3, 4, 2, 1});
  CHECK(rows_held(graph, 3, 3) == std::vector<Index>{1});
}

TEST_CASE("the arena is exact: canaries around it survive, and one byte less is one too few") {
  const QGraph program = qsegment(32, 24);
  Tensor<std::int8_t> input = Tensor<std::int8_t>::uninitialized({1, 32, 24, 3});
  const Random random(5, 1);
  for (Index i = 0; i < input.size(); ++i)
    input[i] = static_cast<std::int8_t>(random.below(static_cast<std::uint64_t>(i), 256));
  const std::vector<Tensor<std::int8_t>> expected = run(program, input);
  const auto output = expected.back().values();
  for (const char* plan : {"layers", "rows", "recompute"}) {
    const Index exact = footprint(program, find_plan(plan)).arena_bytes;
    const TemporaryFolder folder;
    const auto got =
        guarded(program, folder.path(), plan, exact).run(std::as_const(input).values());
    CHECK(std::vector<std::int8_t>(output.begin(), output.end()) == got);
    const EmittedProgram smaller = guarded(program, folder.path(), plan, exact - 1);
    CHECK_THROWS_WITH_AS(smaller.run(std::as_const(input).values()),
                         doctest::Contains("ended with 2"), Error);
  }
}

TEST_CASE("an unknown plan is refused") {
  CHECK_THROWS_WITH_AS(find_plan("tiles"),
                       "there is no plan 'tiles'; known: layers, rows, recompute", Error);
}
