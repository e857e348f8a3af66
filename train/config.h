#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "integrad/nn/losses.h"
#include "integrad/quant/observer.h"
#include "integrad/quant/target.h"
#include "integrad/train/augment.h"
#include "integrad/train/optimizer.h"
#include "integrad/train/schedule.h"

namespace integrad {

/// Everything that decides a training run's result, apart from the images. It is written to the run
/// folder in full, and reads back as itself.
struct TrainConfig {
  std::string model = "qsegment";
  Index height = 0, width = 0;  ///< of the training images (crops included)
  std::uint64_t seed = 1;
  Index epochs = 60;
  Index steps = 0;  ///< the run ends after so many, if its epochs have more; 0: after its epochs
  Index batch_size = 4;
  /// The network sees images this many times smaller along each side, by their nearest points; its
  /// levels (Graph::levels) are compared with the truth at their own sizes.
  Index shrink = 1;
  std::string level_loss = "all";  ///< all levels' losses added up, or the last's alone
  /// float, or bf16: activations and their gradients stored in bfloat16. Float training only.
  std::string precision = "float";

  std::string optimizer = "adam";  ///< sgd, adam, adamw
  double learning_rate = 2e-3;
  double momentum = 0.9;  ///< sgd
  double weight_decay = 0;
  std::string schedule = "cosine";  ///< constant, step, cosine, cosine-restarts
  double schedule_period = 0;       ///< epochs of a step or restart period; 0: 20
  double warm_up = 1;               ///< epochs
  /// The model that is scored and kept is a running mean of the steps' weights that forgets at this
  /// rate (WeightAverage); 0: the last step's weights.
  double weight_average = 0;

  std::string loss = "structure";  ///< structure, structure-pranet, bce, dice
  std::int32_t loss_window = 0;    ///< of the structure loss; 0: by the image's side
  Augmentation augmentation = Augmentation::q_segment();

  /// Quantisation-aware training only.
  std::string target = std::string(kDefaultTarget);
  ObserverOptions observer;
  double freeze_ranges = 0.5;  ///< from this fraction of the epochs on, ranges stay

  Index checkpoint_every = 1;  ///< epochs
  Index evaluate_every = 5;    ///< epochs between scores on the test images; 0: never

  /// Extents of what a step is trained on: crops, or whole images.
  Index step_height() const;
  Index step_width() const;
  /// Steps of an epoch over so many training images; the last one's batch may be smaller.
  Index steps_per_epoch(Index images) const;
  /// Steps of the whole run.
  Index run_steps(Index images) const;
  Schedule make_schedule() const;
  OptimizerRule make_optimizer() const;
};

/// Throws Error naming the setting, the rule and the value.
void check(const TrainConfig& config);

/// JSON, every setting by name, two spaces of indentation.
std::string to_json(const TrainConfig& config);
/// Every setting by name, as JSON has it, but text without quotes.
std::map<std::string, std::string> settings_by_name(const TrainConfig& config);
/// Settings that the text names replace those of `base`; throws Error for an unknown name or a
/// value of the wrong kind or beyond its type's range, naming it.
TrainConfig config_from_json(const std::string& text, const TrainConfig& base = {});

}  // namespace integrad
