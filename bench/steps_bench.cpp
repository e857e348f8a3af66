#include "integrad/bench/reporting.h"
#include "integrad/bench/workloads.h"

// Whole steps of Q-Segment. Correctness is the tests' matter: the same functions train and predict.
namespace integrad::bench {

namespace {

// The cost of a step's operators by themselves, and the counters of a run.
void report_step(benchmark::State& state, Training& training, double seconds) {
  StepProfile profile;
  training.profile_into(&profile);
  training.step();
  training.profile_into(nullptr);
  OperatorCost cost;
  double least = 0;
  for (const StepProfile::Row& row : profile.rows()) {
    cost += row.forward_cost;
    cost += row.backward_cost;
    least +=
        limits(threads()).seconds(row.forward_cost) + limits(threads()).seconds(row.backward_cost);
  }
  report(state, cost, seconds);
  // Operator by operator: what bounds one of them does not help the next.
  state.counters["share"] = static_cast<double>(state.iterations()) * least / seconds;
}

void train(benchmark::State& state, Index size, Index batch, Training::Kind kind) {
  set_threads(static_cast<int>(state.range(0)));
  Training training(size, batch, kind);
  training.step();  // fresh memory
  const auto start = std::chrono::steady_clock::now();
  for (auto _ : state) training.step();
  report_step(state, training, seconds_since(start));
}

void infer(benchmark::State& state, Index size, bool integer) {
  set_threads(static_cast<int>(state.range(0)));
  Inference inference(size, integer);
  inference.run();
  for (auto _ : state) inference.run();
  state.counters[integer ? "GOP/s" : "GFLOP/s"] =
      benchmark::Counter(inference_gflop(size), benchmark::Counter::kIsIterationInvariantRate);
}

template <class Run>
void add(const std::string& name, Run run) {
  auto* benchmark = benchmark::RegisterBenchmark(name.c_str(), run);
  benchmark->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3)->ArgName("threads");
  for (int threads : kThreads) benchmark->Arg(threads);
}

}  // namespace

void register_steps() {
  const std::pair<Index, Index> sizes[] = {{960, 2}, {256, 8}};
  for (const auto& size : sizes)
    for (const NamedKind& named : kTrainingKinds)
      add("train/" + std::to_string(size.first) + " batch " + std::to_string(size.second) + "/" +
              named.name,
          [size, kind = named.kind](benchmark::State& state) {
            train(state, size.first, size.second, kind);
          });
  for (const bool integer : {false, true})
    add(std::string("infer/960 batch 1/") + (integer ? "int8" : "float"),
        [integer](benchmark::State& state) { infer(state, 960, integer); });
}

}  // namespace integrad::bench
