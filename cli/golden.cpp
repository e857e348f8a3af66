#include "integrad/quant/golden.h"

#include <iostream>

#include "integrad/cli/command.h"
#include "integrad/tensor/error.h"

namespace integrad::cli {

namespace {

class Golden final : public Command {
 public:
  std::string name() const override { return "golden"; }
  std::string summary() const override {
    return "Compare the integer kernels with recorded vectors of CMSIS-NN and TFLM";
  }
  std::string example() const override { return "integrad golden tests/golden"; }
  void declare(Options& options) override {
    options.add("dir", folder_, "Folder of <operator>.idx files");
    options.require("dir");
    options.add(
        "--kernels", kernels_,
        "portable: the kernels every program has; dsp: those for Arm's DSP extension; host: "
        "this machine's vector registers");
  }
  int run(const Settings&) override {
    const GoldenReport report = run_golden(folder_, std::nullopt, kernels());
    std::cout << to_string(report);
    for (const GoldenOperatorReport& each : report.operators)
      if (const auto& first = each.first_difference)
        fail(report.differences(), " differences; the first: ", each.op, " case '",
             first->case_name, "', ", first->what, ", element ", first->position, ": expected ",
             first->expected, ", got ", first->actual);
    return 0;
  }

 private:
  GoldenKernels kernels() const {
    if (kernels_ == "portable") return GoldenKernels::portable;
    if (kernels_ == "dsp") return GoldenKernels::dsp;
    require(kernels_ == "host", "--kernels is portable, dsp or host; got '", kernels_, "'");
    return GoldenKernels::host;
  }

  std::filesystem::path folder_;
  std::string kernels_ = "portable";
};

}  // namespace

std::unique_ptr<Command> make_golden() {
  return std::make_unique<Golden>();
}

}  // namespace integrad::cli
