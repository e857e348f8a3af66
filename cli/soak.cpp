#include "integrad/quant/soak.h"

#include <iostream>

#include "integrad/cli/command.h"
#include "integrad/quant/process.h"
#include "integrad/tensor/error.h"
#include "integrad/train/scratch_folder.h"

namespace integrad::cli {

namespace {

class SoakCommand final : public Command {
 public:
  std::string name() const override { return "soak"; }
  std::string summary() const override {
    return "Compare training-time forward, integer runner and emitted C on random models";
  }
  std::string example() const override { return "integrad soak --graphs 200 --seed 7"; }
  void declare(Options& options) override {
    options_ = &options;
    options.add("--graphs", graphs_, "Random models");
    options.add("--only", only_, "Number of the one model to run");
    options.add("--compilers", compilers_, "C compilers; gcc and clang where they are there");
    options.add("--device", devices_, "Emulated cores for the emitted C: cortex-m4, cortex-m55");
    options.add("--optimization", optimization_, "Of the compiler");
    options.add("--keep", keep_, "Keep the last batch's C project in this new folder");
  }
  int run(const Settings& settings) override {
    SoakOptions soak_options;
    soak_options.seed = settings.seed;
    soak_options.graphs = options_->given("--only") ? 1 : graphs_;
    soak_options.first = options_->given("--only") ? only_ : 0;
    soak_options.optimization = optimization_;
    soak_options.compilers = compilers_;
    soak_options.devices = devices_;
    if (!devices_.empty()) soak_options.batch = 25;  // a core's memory holds no more
    if (!options_->given("--compilers") && devices_.empty())
      for (const char* known : {"gcc", "clang"})
        if (on_path(known)) soak_options.compilers.emplace_back(known);
    ScratchFolder scratch(keep_.empty() ? std::filesystem::temp_directory_path() / "integrad-soak"
                                        : keep_);
    soak_options.folder = scratch.path();
    if (!settings.quiet)
      soak_options.on_progress = [&](int done) {
        std::cerr << done << " of " << soak_options.graphs << " models\n";
      };
    if (!keep_.empty()) require_empty_folder(keep_, "give --keep a new one");
    const SoakReport report = soak(soak_options);
    if (!keep_.empty()) scratch.move_into_target();
    print(report);
    if (report.first)
      fail(report.differences, " codes differ; the first: graph ", report.first->graph, " of seed ",
           settings.seed, ", target ", report.first->target, ", ", report.first->path, ", layer '",
           report.first->layer, "' (", report.first->operation, "); repeat it alone with --seed ",
           settings.seed, " --only ", report.first->graph);
    return 0;
  }

 private:
  static void print(const SoakReport& report) {
    std::cout << report.graphs << " graphs;";
    for (const auto& [operation, count] : report.operators)
      std::cout << ' ' << operation << ' ' << count << ',';
    std::cout << ' ' << report.bytes << " bytes compared, " << report.differences
              << " differences\n";
  }

  const Options* options_ = nullptr;
  std::int32_t graphs_ = 200, only_ = 0;
  std::vector<std::string> compilers_, devices_;
  std::string optimization_ = "-O1";
  std::filesystem::path keep_;
};

}  // namespace

std::unique_ptr<Command> make_soak() {
  return std::make_unique<SoakCommand>();
}

}  // namespace integrad::cli
