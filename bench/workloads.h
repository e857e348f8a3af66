#pragma once
#include <memory>

#include "integrad/bench/folded_step.h"
#include "integrad/quant/qgraph.h"

namespace integrad::bench {

/// Training steps of Q-Segment on random images: forward, structure loss, backward, SGD with
/// momentum.
class Training {
 public:
  enum class Kind {
    floating,   ///< with batch norm
    bfloat16,   ///< the same, activations stored in bfloat16
    folded,     ///< without: batch norm folded into the convolutions
    quantized,  ///< the folded network, quantised in the forward pass; its ranges stand still
    quantized_tracking,  ///< the same, and its ranges follow the batches
  };
  Training(Index size, Index batch, Kind kind);
  Training(const Training&) = delete;
  Training& operator=(const Training&) = delete;
  void step();
  void profile_into(StepProfile* profile);

 private:
  TrainConfig config_;
  Batch batch_;
  Optimizer optimizer_;
  std::unique_ptr<Learner> learner_;
  std::unique_ptr<FoldedStep> folded_;  // in the place of the learner
};

struct NamedKind {
  Training::Kind kind;
  const char* name;
};
inline constexpr NamedKind kTrainingKinds[] = {
    {Training::Kind::floating, "float"},
    {Training::Kind::bfloat16, "bf16"},
    {Training::Kind::folded, "float-folded"},
    {Training::Kind::quantized, "qat"},
    {Training::Kind::quantized_tracking, "qat-tracking"}};
/// Throws Error, naming the kinds, when there is none of this name.
Training::Kind find_training_kind(const std::string& name);

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
