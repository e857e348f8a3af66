#pragma once
#include <functional>
#include <string>
#include <vector>

#include "integrad/cli/command.h"
#include "integrad/train/config.h"

namespace integrad::cli {

/// A flag for every setting of TrainConfig but the model and the image's size.
class TrainFlags {
 public:
  /// The help shows the defaults of `shown`.
  void declare(Options& options, const TrainConfig& shown);
  /// Sets what the user gave: --config's file first, then the flags.
  void apply(const Settings& settings, TrainConfig& config) const;

 private:
  const Options* options_ = nullptr;
  TrainConfig values_;
  std::filesystem::path file_;
  std::string range_method_ = "min-max";
  std::int64_t crop_ = 0;
  std::vector<std::function<void(TrainConfig&)>> setters_;
};

}  // namespace integrad::cli
