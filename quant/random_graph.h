#pragma once
#include <cstdint>

#include "integrad/nn/graph.h"
#include "integrad/tensor/random.h"

namespace integrad {

/// Draws one after the other; never two as arguments of one call, whose order is the compiler's.
class Dice {
 public:
  Dice(std::uint64_t seed, std::uint64_t stream) : random_(seed, stream) {}
  /// low .. high, both included.
  int between(int low, int high) {
    return low +
           static_cast<int>(random_.below(index_++, static_cast<std::uint64_t>(high - low) + 1));
  }
  bool one_in(int count) { return between(1, count) == 1; }
  double uniform(double low, double high) { return random_.uniform(index_++, low, high); }
  double normal() { return random_.normal(index_++); }

 private:
  Random random_;
  std::uint64_t index_ = 0;
};

/// A graph of a few random layers, of every kind that has an integer kernel. No result has more
/// than a few thousand elements.
Graph random_graph(Dice& dice);

}  // namespace integrad
