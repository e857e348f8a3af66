#pragma once
#include <chrono>
#include <span>
#include <string_view>
#include <vector>

#include "integrad/tensor/shape.h"

namespace integrad {

/// What the operators of a tape cost; see Tape::profile_into. An operator computes its value before
/// it is recorded, so the time since the previous record is its forward time.
struct TapeProfile {
  struct Operand {
    Shape shape;
    bool needs_gradient;
  };
  struct Node {
    const char* operation;
    Shape shape;                       ///< of the value
    std::vector<Operand> inputs;       ///< in the operator's order; empty for leaves
    double forward = 0, backward = 0;  ///< seconds; backward includes adding up the gradients
  };
  std::vector<Node> nodes;  ///< by Var::id

  /// The clock starts, or starts anew: what passed since the last record belongs to no operator.
  void restart() { last_ = Clock::now(); }
  /// Seconds since the last restart or lap.
  double lap() {
    const Clock::time_point now = Clock::now();
    const std::chrono::duration<double> passed = now - last_;
    last_ = now;
    return passed.count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
};

/// The least that an operator must do by itself, with float elements: 2 operations for each
/// multiply-accumulate, and every operand moved between memory and processor once. What is done for
/// each element besides (a comparison, a normalisation) is not counted: memory bounds it.
struct OperatorCost {
  double flop = 0, bytes_read = 0, bytes_written = 0;
  OperatorCost& operator+=(const OperatorCost& other);
};
OperatorCost forward_cost(const TapeProfile::Node& node);
/// Of the gradients that are wanted: the cotangent and the values it depends on are read, gradients
/// are written.
OperatorCost backward_cost(const TapeProfile::Node& node);

}  // namespace integrad
