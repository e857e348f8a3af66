#pragma once
#include <optional>
#include <vector>

#include "integrad/quant/observer.h"
#include "integrad/train/checkpoint.h"
#include "integrad/train/config.h"
#include "integrad/train/loader.h"
#include "integrad/train/step_profile.h"

namespace integrad {

/// A model that learns, a batch at a time: in float, or with quantisation in the forward pass,
/// depending on the checkpoint's stage.
class Learner {
 public:
  Learner(const TrainConfig& config, Checkpoint checkpoint);

  /// Ranges follow the batches until the configured fraction of the epochs, then stay.
  void begin_epoch(Index epoch);
  void end_epoch();

  /// Forward, loss, backward, update; returns the loss. Throws Error naming the first layer whose
  /// value is not finite, or the first such parameter after the update.
  /// The batch's image is lent to the tape meanwhile.
  double step(Batch& batch, Optimizer& optimizer, double rate);

  /// From here on each step's times replace what `profile` holds; null, as at first, for none.
  void profile_into(StepProfile* profile) { profile_ = profile; }

  Checkpoint& checkpoint() { return checkpoint_; }

 private:
  struct Forward {
    std::vector<Var> values;      ///< by node
    std::vector<Var> parameters;  ///< by parameter
    std::vector<Range> observed;  ///< by node; quantised models only
    std::shared_ptr<const std::vector<RangeGradient>> range_gradients;  ///< the same
  };
  Forward forward(Tape<float>& tape, std::shared_ptr<const StoredTensor<float>> image);
  /// The levels' losses, added up; or the last one's.
  Var loss(Tape<float>& tape, std::span<const Var> values, const Tensor<float>& mask) const;

  bool learns_ranges() const;

  const TrainConfig& config_;
  Checkpoint checkpoint_;
  Graph graph_;
  std::optional<RangeObserver> observer_;
  bool ranges_move_ = false;
  StepProfile* profile_ = nullptr;
};

/// The ranges of a folded float model on these samples, cropped as in training but not varied, as
/// RangeObserver::state().
Tensor<float> calibrate(const Model<float>& folded, const TrainConfig& config,
                        std::span<const Sample> samples);

}  // namespace integrad
