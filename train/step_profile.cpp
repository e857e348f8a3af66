#include "integrad/train/step_profile.h"

namespace integrad {

std::vector<StepProfile::Row> StepProfile::rows() const {
  std::vector<Row> result;
  std::size_t id = 0;
  for (const Part& part : parts) {
    const std::size_t first = result.size();
    for (; id < static_cast<std::size_t>(part.end); ++id) {
      const TapeProfile::Node& node = tape.nodes[id];
      // The leaves of one part, such as a model's parameters, are one row.
      if (node.inputs.empty() && result.size() > first) {
        result.back().forward += node.forward;
        continue;
      }
      result.push_back({part.name, node.operation, node.forward, node.backward, forward_cost(node),
                        backward_cost(node)});
    }
  }
  return result;
}

}  // namespace integrad
