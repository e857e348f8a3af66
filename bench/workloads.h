#pragma once
#include <memory>

#include "integrad/nn/fold.h"
#include "integrad/quant/qgraph.h"
#include "integrad/train/learner.h"

namespace integrad::bench {

/// Training steps of Q-Segment on random images: forward, structure loss, backward, SGD with
/// momentum. Quantised: the folded network with quantisation in the forward pass; its ranges stand
/// still, or follow the batches.
class Training {
 public:
  enum class Kind { floating, quantized, quantized_tracking };
  Training(Index size, Index batch, Kind kind);
  Training(const Training&) = delete;
  Training& operator=(const Training&) = delete;
  void step() { learner_->step(batch_, optimizer_, 1e-3); }
  void profile_into(StepProfile* profile) { learner_->profile_into(profile); }

 private:
  TrainConfig config_;
  Batch batch_;
  Optimizer optimizer_;
  std::unique_ptr<Learner> learner_;
};

/// Q-Segment on one random image: the folded float network, or the integer program.
class Inference {
 public:
  Inference(Index size, bool integer);
  void run();
  const QGraph& program() const { return program_; }
  const Tensor<float>& image() const { return image_; }

 private:
  bool integer_;
  Model<float> model_;
  QGraph program_;
  Tensor<float> image_;
};

/// 2e-9 * multiply-accumulates.
double inference_gflop(Index size);
/// Forward, and both gradients but for the image's.
double training_gflop(Index size, Index batch);

}  // namespace integrad::bench
