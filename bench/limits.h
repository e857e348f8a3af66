#pragma once
#include "integrad/autograd/tape_profile.h"
#include "integrad/tensor/isa.h"

namespace integrad::bench {

/// What this machine can do at most, as it does it while the benchmarks run.
struct Limits {
  int threads;
  double gflops;      ///< float multiply-adds of the instruction set in use, 2 operations each
  double int8_gops;   ///< int8 multiply-adds into 32 bits, likewise; 0 where that is not known
  double read_gbs;    ///< from memory beyond the caches, GB/s (1e9 bytes)
  double write_gbs;   ///< to memory, by stores that read the line first
  double stream_gbs;  ///< to memory, by stores past the caches; write_gbs where there are none

  /// The least time for a cost: arithmetic and memory run side by side, reads and writes do not.
  double seconds(const OperatorCost& cost) const { return seconds(cost, gflops); }
  /// The same with another limit of arithmetic, such as int8_gops.
  double seconds(const OperatorCost& cost, double giga_operations) const;
};

/// The first call with a number of threads measures, for about a second.
const Limits& limits(int threads);

}  // namespace integrad::bench
