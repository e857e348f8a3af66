#pragma once
#include <string>
#include <vector>

#include "integrad/autograd/tape_profile.h"

namespace integrad {

/// Where the time of one training step went; see Learner::profile_into.
struct StepProfile {
  /// The operators of one layer, or of a part of the step that is no layer.
  struct Part {
    std::string name;  ///< the layer's; "parameters", "loss"
    int end = 0;       ///< its nodes on the tape end before this Var::id
  };
  TapeProfile tape;
  std::vector<Part> parts;  ///< consecutive
  double optimizer = 0;  ///< seconds: gradients gathered, checked, applied, and parameters checked
  double total = 0;      ///< seconds of the whole step

  /// One operator of a layer.
  struct Row {
    std::string layer, operation;
    double forward, backward;  ///< seconds
    OperatorCost forward_cost, backward_cost;
  };
  /// In the order of the tape; the leaves that a part begins with are one row.
  std::vector<Row> rows() const;
};

}  // namespace integrad
