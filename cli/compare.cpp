#include <algorithm>
#include <iostream>
#include <map>

#include "integrad/cli/command.h"
#include "integrad/cli/table.h"
#include "integrad/tensor/files.h"
#include "integrad/train/config.h"
#include "integrad/train/run_comparison.h"

namespace integrad::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxSettingsBytes = std::uint64_t{1} << 20;

using NamedSettings = std::map<std::string, std::string>;

/// The reader of configurations refuses what is none.
NamedSettings settings_of(const fs::path& path) {
  const auto bytes = read_file(path, kMaxSettingsBytes);
  return with_context(path.string(), [&] {
    return settings_by_name(config_from_json(std::string(bytes.begin(), bytes.end())));
  });
}

class Compare final : public Command {
 public:
  std::string name() const override { return "compare"; }
  std::string summary() const override { return "Show training runs side by side"; }
  std::string example() const override {
    return "integrad compare runs/float runs/other --out compare.html";
  }
  void declare(Options& options) override {
    options.add("runs", runs_, "Folders of runs, finished or not");
    options.require("runs");
    options.add("--out", out_, "Also draw their curves on this page");
  }

  int run(const Settings&) override {
    const RunComparison comparison = load();
    const auto rows = table_of(comparison);
    Table table(rows.front(), 1);
    for (std::size_t i = 1; i < rows.size(); ++i) table.add(rows[i]);
    std::cout << table;
    if (!out_.empty()) write_file_atomically(out_, make_run_comparison(comparison));
    return 0;
  }

 private:
  RunComparison load() const {
    require(runs_.size() <= kMostCompared, "at most ", kMostCompared,
            " runs are compared at once; got ", runs_.size());
    std::vector<NamedSettings> settings;
    RunComparison comparison;
    for (const std::string& run : runs_) {
      settings.push_back(settings_of(fs::path(run) / "config.json"));
      comparison.runs.push_back({run, load_log(fs::path(run) / "log.csv"), {}});
    }
    for (const auto& setting : settings.front())
      if (std::any_of(settings.begin(), settings.end(), [&](const NamedSettings& of) {
            return of.at(setting.first) != setting.second;
          }))
        comparison.setting_names.push_back(setting.first);
    for (std::size_t i = 0; i < settings.size(); ++i)
      for (const std::string& name : comparison.setting_names)
        comparison.runs[i].settings.push_back(settings[i].at(name));
    return comparison;
  }

  std::vector<std::string> runs_;
  fs::path out_;
};

}  // namespace

std::unique_ptr<Command> make_compare() {
  return std::make_unique<Compare>();
}

}  // namespace integrad::cli
