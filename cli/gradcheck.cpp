#include "integrad/autograd/gradcheck.h"

#include <algorithm>
#include <iomanip>
#include <iostream>

#include "integrad/cli/command.h"
#include "integrad/tensor/error.h"

namespace integrad::cli {

namespace {

class Gradcheck final : public Command {
 public:
  std::string name() const override { return "gradcheck"; }
  std::string summary() const override {
    return "Compare every operator's gradient with difference quotients";
  }
  std::string example() const override { return "integrad gradcheck --seed 7"; }
  void declare(Options&) override {}
  int run(const Settings& settings) override {
    const std::vector<OperatorSummary> operators = gradcheck_operators(settings.seed);
    for (const OperatorSummary& each : operators)
      std::cout << std::left << std::setw(22) << each.operation << std::right << std::setw(4)
                << each.rows << " rows" << std::setw(7) << each.entries << " entries  worst error "
                << std::scientific << std::setprecision(1) << each.worst
                << (each.passed ? "" : "  FAILED: " + each.worst_row) << "\n";
    const auto passed = std::count_if(operators.begin(), operators.end(),
                                      [](const OperatorSummary& each) { return each.passed; });
    const auto total = static_cast<std::ptrdiff_t>(operators.size());
    std::cout << total << " operators, " << passed << " passed, " << total - passed << " failed\n";
    for (const OperatorSummary& each : operators)
      require(each.passed, "the gradient of ", each.operation, " is wrong by ", each.worst, " in '",
              each.worst_row, "'; at most ", kGradcheckTolerance, " is accepted");
    return 0;
  }
};

}  // namespace

std::unique_ptr<Command> make_gradcheck() {
  return std::make_unique<Gradcheck>();
}

}  // namespace integrad::cli
