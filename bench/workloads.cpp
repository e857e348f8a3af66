#include "integrad/bench/workloads.h"

#include "integrad/bench/convolutions.h"
#include "integrad/nn/interpreter.h"
#include "integrad/nn/models/registry.h"
#include "integrad/nn/streamed_evaluator.h"
#include "integrad/quant/calibrate.h"
#include "integrad/quant/runner.h"

namespace integrad::bench {

namespace {

constexpr const char* kModel = "qsegment";

// Half of the pixels of a smooth random map are in the mask.
Tensor<float> random_mask(Index batch, Index size) {
  Tensor<float> mask = Tensor<float>::uninitialized({batch, size, size, 1});
  const Tensor<float> noise = random_tensor({1, 256, 1, 1}, 7);
  for (Index i = 0; i < mask.size(); ++i) {
    const Index y = i / size % size, x = i % size;
    mask[i] = noise[(y / 8 * 31 + x / 8 * 17) % 256] > 0 ? 1.0f : 0.0f;
  }
  return mask;
}

TrainConfig make_config(Index size, Index batch, bool tracking) {
  TrainConfig config;
  config.model = kModel;
  config.height = config.width = size;
  config.batch_size = batch;
  config.optimizer = "sgd";
  config.freeze_ranges = tracking ? 1 : 0;
  return config;
}

Checkpoint fresh_model(const TrainConfig& config) {
  Checkpoint checkpoint;
  checkpoint.model = kModel;
  checkpoint.height = config.height;
  checkpoint.width = config.width;
  checkpoint.stage = Checkpoint::Stage::floating;
  checkpoint.parameters = initialize<float>(checkpoint.graph(), config.seed);
  return checkpoint;
}

// The folded model, calibrated on one image of at most this side: the process' memory shall be that
// of what is timed.
constexpr Index kCalibrationSide = 256;
Checkpoint quantized_model(const TrainConfig& config) {
  const Index side = std::min(config.height, kCalibrationSide);
  Checkpoint checkpoint = fresh_model(config);
  const Model<float> folded = checkpoint.folded(side, side);
  RangeObserver observer(folded.graph, config.observer);
  observe_images(observer, folded, random_tensor({1, side, side, 3}, 5, 0, 1));
  checkpoint.stage = Checkpoint::Stage::quantized;
  checkpoint.parameters = folded.parameters;
  checkpoint.ranges = observer.state();
  checkpoint.target = config.target;
  return checkpoint;
}

}  // namespace

Training::Training(Index size, Index batch, Kind kind)
    : config_(make_config(size, batch, kind == Kind::quantized_tracking)),
      batch_{random_tensor({batch, size, size, 3}, 5, 0, 1), random_mask(batch, size)},
      optimizer_(config_.make_optimizer()) {
  if (kind == Kind::folded) {
    folded_ = std::make_unique<FoldedStep>(fresh_model(config_).folded(size, size));
    return;
  }
  learner_ = std::make_unique<Learner>(
      config_, kind == Kind::floating ? fresh_model(config_) : quantized_model(config_));
  learner_->begin_epoch(0);
}

void Training::step() {
  if (folded_)
    folded_->step(batch_, optimizer_, 1e-3);
  else
    learner_->step(batch_, optimizer_, 1e-3);
}

void Training::profile_into(StepProfile* profile) {
  if (folded_)
    folded_->profile_into(profile);
  else
    learner_->profile_into(profile);
}

Training::Kind find_training_kind(const std::string& name) {
  std::string known;
  for (const NamedKind& kind : kTrainingKinds) {
    if (name == kind.name) return kind.kind;
    known += (known.empty() ? "" : ", ") + std::string(kind.name);
  }
  fail("a step's precision is one of ", known, "; got ", name);
}

Inference::Inference(Index size, bool integer)
    : integer_(integer), image_(random_tensor({1, size, size, 3}, 5, 0, 1)) {
  const TrainConfig config = make_config(size, 1, false);
  if (integer)
    program_ = quantized_model(config).program(size, size);
  else
    model_ = fresh_model(config).folded(size, size);
}

void Inference::run() {
  if (integer_) {
    integrad::run(program_, quantize_image(program_, image_));
    return;
  }
  Tape<float> tape;
  StreamedEvaluator evaluator(tape, model_.graph, model_.parameters);
  interpret(tape, model_.graph, tape.constant(image_), evaluator, Keep::output);
}

double inference_gflop(Index size) {
  return 2e-9 * static_cast<double>(macs(make_model(kModel, size, size)));
}

double training_gflop(Index size, Index batch) {
  const Graph graph = make_model(kModel, size, size);
  const Node& first = graph.node(1);  // reads the image, which needs no gradient
  const Index image = macs_of(first.layer, graph.input_shapes(first));
  return 2e-9 * static_cast<double>(batch * (3 * macs(graph) - image));
}

}  // namespace integrad::bench
