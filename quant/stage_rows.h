#pragma once
#include <vector>

#include "integrad/quant/plan.h"

namespace integrad {

/// The steps of a plan and who reads whom, as the planner needs them.
class StepGraph {
 public:
  StepGraph(const QGraph& program, std::vector<Step> steps);

  const std::vector<Step>& steps() const { return steps_; }
  int size() const { return static_cast<int>(steps_.size()); }
  const QNode& node(int step) const {
    return program_.node(steps_[static_cast<std::size_t>(step)].node);
  }
  /// The steps that read a step's codes; an unpool reads only the winners of its pool.
  const std::vector<int>& code_readers(int step) const {
    return code_readers_[static_cast<std::size_t>(step)];
  }
  const std::vector<int>& winner_readers(int step) const {
    return winner_readers_[static_cast<std::size_t>(step)];
  }
  /// The last step that reads a step's codes (winners), or the step itself.
  int last_code_reader(int step) const;
  int last_winner_reader(int step) const;
  /// Whether steps first .. last can be computed row by row: no one of them needs a whole result of
  /// another.
  bool can_stream(int first, int last) const;

 private:
  const QGraph& program_;
  std::vector<Step> steps_;
  std::vector<std::vector<int>> code_readers_, winner_readers_;
};

/// Plays the row-by-row computation of steps first .. last as emitted programs run it: for each,
/// the most rows that are held at once, from the first one that a reader among them still needs. In
/// each round the last step computes one row; a step with readers among them computes what they
/// need, one without its share of the rounds.
std::vector<Index> rows_held(const StepGraph& graph, int first, int last);

}  // namespace integrad
