// integrad_bench: Google Benchmark over the operators, the network's layers and whole steps.
//   --benchmark_filter=REGEX   some of them: operator/, layer/, train/, infer/
// INTEGRAD_ISA chooses the instruction set.
#include <cstdio>

#include "integrad/bench/reporting.h"

int main(int argc, char** argv) {
  using namespace integrad;
  using namespace integrad::bench;
  register_operators();
  register_layers();
  register_steps();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  for (int threads : kThreads) {
    const Limits& l = limits(threads);
    char text[160];
    std::snprintf(text, sizeof text, "%.0f GFLOP/s; GB/s: read %.1f, write %.1f, stream %.1f",
                  l.gflops, l.read_gbs, l.write_gbs, l.stream_gbs);
    benchmark::AddCustomContext(
        "limits, " + std::to_string(threads) + " threads, " + std::string(name(isa())), text);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
