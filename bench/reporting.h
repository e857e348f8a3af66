#pragma once
#include <benchmark/benchmark.h>

#include "integrad/autograd/tape_profile.h"
#include "integrad/bench/limits.h"
#include "integrad/tensor/parallel.h"

namespace integrad::bench {

/// The threads that each benchmark is run with.
inline constexpr int kThreads[] = {1, 2};

/// Counters of a benchmark whose iterations each did `cost` and together took `seconds`. "share" is
/// the least time on this machine over the time taken: 1 is as fast as it can be.
inline void report(benchmark::State& state, const OperatorCost& cost, double seconds) {
  const double runs = static_cast<double>(state.iterations());
  if (cost.flop > 0) state.counters["GFLOP/s"] = 1e-9 * runs * cost.flop / seconds;
  if (cost.bytes_read > 0)
    state.counters["GB/s"] = 1e-9 * runs * (cost.bytes_read + cost.bytes_written) / seconds;
  state.counters["share"] = runs * limits(threads()).seconds(cost) / seconds;
}

inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Each file registers its benchmarks.
void register_operators();
void register_layers();
void register_steps();

}  // namespace integrad::bench
