#pragma once
#include <string>
#include <vector>

#include "integrad/bench/limits.h"

namespace integrad::bench {

/// One operator of a step: its times, and the least they could be on this machine.
struct ProfiledOperator {
  std::string layer, operation;
  double forward, backward;              ///< seconds
  double least_forward, least_backward;  ///< seconds
  OperatorCost cost;                     ///< of both
  double seconds() const { return forward + backward; }
  double least() const { return least_forward + least_backward; }
};

/// A picture that stands by itself: on the left a bar for each operator, as long as it took, with a
/// mark where the machine's limit lies; on the right the roofline, GFLOP/s over FLOP per byte, with
/// a circle for each operator that multiplies, as large as its time.
std::string draw_roofline(const std::string& title, const std::vector<ProfiledOperator>& operators,
                          const Limits& limits);

}  // namespace integrad::bench
