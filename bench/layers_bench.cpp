#include "integrad/bench/convolutions.h"
#include "integrad/bench/reporting.h"

// The convolutions of Q-Segment at 960x960: forward, both gradients, and in integers. Each is
// checked against the reference, bit for bit, on a smaller image and then timed.
namespace integrad::bench {

namespace {

constexpr Index kCheckedSide = 40;

OperatorCost cost_of(const LayerCase& layer, Direction direction) {
  const double in = 4.0 * layer.side * layer.side;  // bytes of one channel
  const double out = 4.0 * layer.out_side() * layer.out_side();
  const double filter =
      4.0 * layer.kernel * layer.kernel * (layer.depthwise ? 1 : layer.in) * layer.out;
  const double x = in * layer.in, y = out * layer.out, flop = 1e9 * layer.gflop();
  if (direction == Direction::forward) return {flop, x + filter, y};
  if (direction == Direction::input_gradient) return {flop, y + filter, x};
  return {flop, x + y, filter};
}

void run_float(benchmark::State& state, const LayerCase& layer, Direction direction) {
  set_threads(static_cast<int>(state.range(0)));
  if (!FloatConvolution(layer, kCheckedSide).matches_reference(direction))
    return state.SkipWithError("differs from the reference");
  FloatConvolution convolution(layer);
  const auto start = std::chrono::steady_clock::now();
  for (auto _ : state) convolution.run(direction);
  report(state, cost_of(layer, direction), seconds_since(start));
}

void run_integer(benchmark::State& state, const LayerCase& layer) {
  set_threads(static_cast<int>(state.range(0)));
  if (!IntegerConvolution(layer, kCheckedSide).matches_reference())
    return state.SkipWithError("differs from the reference");
  IntegerConvolution convolution(layer);
  const auto start = std::chrono::steady_clock::now();
  for (auto _ : state) convolution.run();
  const double seconds = seconds_since(start);
  OperatorCost cost = cost_of(layer, Direction::forward);
  cost.bytes_read /= 4;  // a byte an element
  cost.bytes_written /= 4;
  const double runs = static_cast<double>(state.iterations());
  const Limits& machine = limits(threads());
  state.counters["GOP/s"] = runs * layer.gflop() / seconds;
  if (machine.int8_gops > 0)
    state.counters["share"] = runs * machine.seconds(cost, machine.int8_gops) / seconds;
}

template <class Run>
void add(const std::string& name, Run run) {
  auto* benchmark = benchmark::RegisterBenchmark(name.c_str(), run);
  benchmark->Unit(benchmark::kMillisecond)->UseRealTime()->MinTime(0.1)->ArgName("threads");
  for (int threads : kThreads) benchmark->Arg(threads);
}

}  // namespace

void register_layers() {
  for (const LayerCase& layer : kLayers) {
    for (Direction direction : kDirections)
      add("layer/" + layer.name() + "/" + name_of(direction),
          [layer, direction](benchmark::State& state) { run_float(state, layer, direction); });
    add("layer/" + layer.name() + "/int8",
        [layer](benchmark::State& state) { run_integer(state, layer); });
  }
}

}  // namespace integrad::bench
