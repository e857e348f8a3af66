#pragma once
#include "integrad/nn/fold.h"
#include "integrad/train/learner.h"

namespace integrad::bench {

/// A float training step of a folded model: what quantisation-aware training costs without its
/// quantisation. The program never trains this, so Learner has no such stage.
class FoldedStep {
 public:
  explicit FoldedStep(Model<float> model) : model_(std::move(model)) {}
  void step(const Batch& batch, Optimizer& optimizer, double rate);
  void profile_into(StepProfile* profile) { profile_ = profile; }

 private:
  Model<float> model_;
  StepProfile* profile_ = nullptr;
};

}  // namespace integrad::bench
