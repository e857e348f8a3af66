#pragma once
#include <filesystem>
#include <optional>

#include "integrad/cli/command.h"
#include "integrad/train/checkpoint.h"
#include "integrad/train/run_inputs.h"
#include "integrad/train/trainer.h"

namespace integrad::cli {

/// The --out, --resume and --force of the subcommands that fill a run folder.
class RunFolder {
 public:
  void declare(Options& options);
  const std::filesystem::path& path() const { return path_; }
  bool resume() const { return resume_; }

  /// What an earlier start left here, when it is to be resumed.
  std::optional<TrainConfig> earlier_config() const;
  std::optional<RunInputs> earlier_inputs() const;

  /// Throws Error when the run to be resumed reads something else.
  void check_inputs(const RunInputs& inputs) const;
  /// Makes the folder; stores the inputs, or keeps those of the run that is resumed. Throws Error,
  /// changing nothing, when that run has other settings, when the folder holds a run that is
  /// neither to be resumed nor to be given up, and when it holds something else. With --force a
  /// run's files are removed. Everything else is checked before.
  void start(const TrainConfig& config, const RunInputs& inputs) const;

 private:
  std::filesystem::path path_;
  bool resume_ = false, force_ = false;
};

/// The size of a step's images: the crop's, or that of all images of the part. Throws Error when
/// there are none or they differ.
void set_image_size(TrainConfig& config, const std::vector<Sample>& samples);

/// Says on standard error what a run will take, before it begins.
void announce(const TrainConfig& config, Checkpoint::Stage stage, const Dataset& dataset);

/// The closing summary: what was made, where, and how good it is.
void print_summary(const std::string& what, const TrainConfig& config, const Dataset& dataset,
                   const std::filesystem::path& run_folder, double seconds);

}  // namespace integrad::cli
