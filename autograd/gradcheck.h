#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "integrad/autograd/cases.h"

namespace integrad {

/// Correct operators stay one or more orders of magnitude below this; wrong ones far above.
inline constexpr double kGradcheckTolerance = 1e-6;

struct GradcheckOptions {
  std::uint64_t seed = 1;   ///< of the cotangent, and of the entries chosen in a large input
  double step = 0x1p-9;     ///< for entries up to 1 in magnitude; larger ones scale it
  Index max_entries = 500;  ///< per input; of a larger one a random subset of this many is tried
};

/// What gradcheck found. `worst` is the largest relative error, infinity for a value that is not
/// finite; the fields after it say where that was.
struct GradcheckReport {
  double worst = 0;
  Index entries = 0;    ///< compared, over all inputs
  int input = -1;       ///< index of the input with the worst entry; -1 when nothing was compared
  Index position = -1;  ///< flat position inside that input
  double analytic = 0;  ///< the gradient's value there
  double numeric = 0;   ///< the difference quotient's

  bool passed(double tolerance = kGradcheckTolerance) const { return worst <= tolerance; }
};

/// Compares f's gradients with central differences, in double, for the scalar function
/// x -> sum_j cotangent_j f_j(x). The cotangent is random, each element 0.5 to 1.5 in magnitude
/// with a random sign: an all-ones cotangent would hide permuted and misplaced gradients.
///
/// The quotient is Richardson's extrapolation of steps h and h/2, (4 D(h/2) - D(h)) / 3, with an
/// error of order h^4; differences are taken per output before they are summed, so outputs that do
/// not depend on an entry add no rounding noise. Kinks must lie further than the step from the
/// inputs.
///
/// Error measure: |analytic - numeric| / max(|analytic|, |numeric|, floor), where floor is the
/// larger of 1e-3 times this input's largest gradient and 1e-5 times sum_j |cotangent_j f_j|
/// (rounding noise of the quotient is about 1e-12 times that sum).
///
/// Sets the number of threads to 1 while it runs. Throws Error when an input's gradient differs
/// between "all inputs are leaves" and "only this one is": operators skip work for constants, and
/// must skip the right part.
GradcheckReport gradcheck(const OperatorCase::Function<double>& f,
                          const std::vector<Tensor<double>>& inputs,
                          const GradcheckOptions& options = {});

/// All rows of operator_cases() that test one operator.
struct OperatorSummary {
  std::string operation;
  int rows = 0;
  Index entries = 0;
  double worst = 0;
  std::string worst_row;  ///< the name of the row with the worst error
  bool passed = true;
};

/// Checks the whole case table, at most `max_entries` of each input; one summary per operator, in
/// the order of the table.
std::vector<OperatorSummary> gradcheck_operators(
    std::uint64_t seed = 1, Index max_entries = GradcheckOptions{}.max_entries);

}  // namespace integrad
