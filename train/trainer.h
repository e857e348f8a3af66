#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "integrad/train/checkpoint.h"
#include "integrad/train/config.h"
#include "integrad/train/dataset.h"

namespace integrad {

/// What an epoch gave; also a row of log.csv. Test scores are NaN where the epoch was not
/// evaluated.
struct EpochLog {
  Index epoch = 0;  ///< counted from 1
  double learning_rate = 0;
  double loss = 0;  ///< mean over the epoch's samples
  double test_dice, test_auc;
};

/// Called after every epoch, once its row is in the log and before its checkpoint is written. What
/// it throws ends the run as a kill at that moment would.
using AfterEpoch = std::function<void(const EpochLog&)>;

/// Throws Error, naming the image and the rule, when a run with these settings could not take every
/// training image, or every test image where it evaluates: known before the first epoch.
void check(const TrainConfig& config, const Dataset& dataset);

/// Trains in float from a fresh start, or from the parameters of `start`, which must be a float
/// model of the same name. The run folder receives
///   config.json        every setting
///   log.csv            a row per epoch
///   checkpoint.safetensors   after every `checkpoint_every` epochs: all that a resume needs
///   model.safetensors  the final model
/// Throws Error, changing nothing, when the folder holds files that are no run's (see
/// make_run_folder()), and with epoch, step and the first layer whose value is not finite when the
/// loss is not; the last good checkpoint stays.
///
/// With `resume` the folder's checkpoint is continued, and the result is, byte for byte, that of
/// the run without interruption; log rows after the checkpoint are dropped. Throws Error when the
/// configuration is not the checkpoint's. Without a checkpoint in the folder it starts anew.
Checkpoint train(const TrainConfig& config, const Dataset& dataset,
                 const std::filesystem::path& run_folder, bool resume = false,
                 const AfterEpoch& after_epoch = {}, const Checkpoint* start = nullptr);

/// Folds a float model, calibrates its ranges on the training images and trains on with
/// quantisation in the forward pass; files and resuming as for train(). With `epochs` 0 it
/// calibrates only (post-training quantisation).
Checkpoint quantize(const TrainConfig& config, const Checkpoint& model, const Dataset& dataset,
                    const std::filesystem::path& run_folder, bool resume = false,
                    const AfterEpoch& after_epoch = {});

/// Reads log.csv back.
std::vector<EpochLog> load_log(const std::filesystem::path& path);

}  // namespace integrad
