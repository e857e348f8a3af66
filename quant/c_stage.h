#pragma once
#include <ostream>

#include "integrad/quant/plan.h"

namespace integrad {

/// Prints one stage of a planned program: a block that computes a layer at once, or a function that
/// computes several row by row, with the functions of quant/c/stream.h.
class StagePrinter {
 public:
  StagePrinter(const QGraph& program, const Plan& plan) : program_(program), plan_(plan) {}

  /// The function of a stage that streams; nothing for another.
  void print_function(int stage, std::ostream& out) const;
  /// The statements in the model's function.
  void print_statements(int stage, std::ostream& out) const;

 private:
  const QNode& node(int step) const { return program_.node(plan_.step(step).node); }
  const Stage& stage(int index) const { return plan_.stages[static_cast<std::size_t>(index)]; }
  bool within(const Stage& stage, int step) const {
    return stage.streams() && step >= stage.first && step <= stage.last;
  }
  /// The first code of a step's whole result, as a C expression.
  std::string address(int step) const;
  std::string band(int step) const;
  std::string end(int step) const;
  std::string row_size(int step) const;
  /// The kernel's call for the rows begin .. end - 1 of a step, with the hooks around it.
  void print_call(const Stage& stage, int step, std::string_view indent, std::ostream& out) const;
  void print_ends(const Stage& stage, std::ostream& out) const;
  void print_drop(const Stage& stage, int step, std::ostream& out) const;

  const QGraph& program_;
  const Plan& plan_;
};

}  // namespace integrad
