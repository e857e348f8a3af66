#include "integrad/train/learner.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>

#include "integrad/autograd/ops/arithmetic.h"
#include "integrad/nn/interpreter.h"
#include "integrad/nn/losses.h"
#include "integrad/quant/calibrate.h"
#include "integrad/quant/fake_quant.h"
#include "integrad/tensor/parallel.h"
#include "integrad/train/levels.h"
#include "integrad/train/progress.h"

namespace integrad {

namespace {

Var loss_of(const TrainConfig& config, Tape<float>& tape, Var logits, Tensor<float> mask) {
  if (config.loss == "bce") return binary_cross_entropy(tape, logits, std::move(mask));
  if (config.loss == "dice") return dice_loss(tape, logits, std::move(mask));
  StructureLossOptions options;
  const Index side = std::min(mask.shape().height(), mask.shape().width());
  options.window = config.loss_window > 0 ? config.loss_window : default_structure_window(side);
  if (config.loss == "structure-pranet")
    options.reduction = StructureLossOptions::Reduction::pranet;
  return structure_loss(tape, logits, std::move(mask), options);
}

/// A tensor that others may hold for as long as this lives; then its owner has it back.
class Lent {
 public:
  explicit Lent(Tensor<float>& owner)
      : owner_(owner), lent_(std::make_shared<StoredTensor<float>>(std::move(owner))) {}
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;
  ~Lent() { owner_ = std::move(lent_->full()); }
  std::shared_ptr<const StoredTensor<float>> tensor() const { return lent_; }

 private:
  Tensor<float>& owner_;
  std::shared_ptr<StoredTensor<float>> lent_;
};

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Which nodes of the tape are whose: image and parameters were put there first, then each layer.
std::vector<StepProfile::Part> parts_of(const Graph& graph, std::span<const Var> values,
                                        std::span<const Var> parameters, Var loss) {
  std::vector<StepProfile::Part> parts;
  if (!parameters.empty()) parts.push_back({"parameters", parameters.back().id + 1});
  for (int id = 0; id < graph.size(); ++id)
    parts.push_back({graph.node(id).name, values[static_cast<std::size_t>(id)].id + 1});
  parts.push_back({"loss", loss.id + 1});
  return parts;
}

// Both on all threads: those that wait long fall asleep, and take longer to wake.
bool finite(const Tensor<float>& values) {
  std::atomic<bool> all = true;
  parallel_for(values.size(), kElementwiseGrain, [&](Index begin, Index end) {
    bool part = true;
    for (Index i = begin; i < end; ++i) part = part & (values[i] - values[i] == 0.0f);
    if (!part) all = false;
  });
  return all;
}
Tensor<float> copy_of(const Tensor<float>& values) {
  Tensor<float> copy = Tensor<float>::uninitialized(values.shape());
  parallel_for(values.size(), kElementwiseGrain, [&](Index begin, Index end) {
    std::copy_n(values.data() + begin, end - begin, copy.data() + begin);
  });
  return copy;
}

}  // namespace

Learner::Learner(const TrainConfig& config, Checkpoint checkpoint)
    : config_(config),
      checkpoint_(std::move(checkpoint)),
      graph_(checkpoint_.graph(config.step_height() / config.shrink,
                               config.step_width() / config.shrink)) {
  if (checkpoint_.stage == Checkpoint::Stage::quantized) {
    observer_.emplace(graph_, config.observer);
    observer_->restore(checkpoint_.ranges);
  }
}

void Learner::begin_epoch(Index epoch) {
  ranges_move_ =
      observer_.has_value() &&
      static_cast<double>(epoch) < config_.freeze_ranges * static_cast<double>(config_.epochs);
}

bool Learner::learns_ranges() const {
  return observer_.has_value() && config_.observer.method == ObserverOptions::Method::learned;
}

void Learner::end_epoch() {
  if (observer_) checkpoint_.ranges = observer_->state();
}

Var Learner::loss(Tape<float>& tape, std::span<const Var> values, const Tensor<float>& mask) const {
  std::vector<int> levels = graph_.levels();
  if (config_.level_loss == "last") levels.erase(levels.begin(), levels.end() - 1);
  std::vector<Shape> shapes;
  shapes.reserve(levels.size());
  for (const int id : levels) shapes.push_back(tape.shape(values[static_cast<std::size_t>(id)]));
  // The last level's is most often the truth itself.
  const bool whole = shapes.size() == 1 && shapes[0] == mask.shape();
  const std::vector<Tensor<float>> targets =
      whole ? std::vector<Tensor<float>>() : level_targets(mask, shapes);
  std::optional<Var> sum;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const Var term = loss_of(config_, tape, values[static_cast<std::size_t>(levels[i])],
                             whole ? copy_of(mask) : targets[i]);
    sum = sum ? add(tape, *sum, term) : term;
  }
  return *sum;
}

Learner::Forward Learner::forward(Tape<float>& tape,
                                  std::shared_ptr<const StoredTensor<float>> image) {
  const Var x = tape.constant(std::move(image));
  if (!observer_) {
    FloatEvaluator<float> evaluator(tape, graph_, checkpoint_.parameters, Mode::train);
    auto values = interpret(tape, graph_, x, evaluator);
    return {std::move(values), evaluator.parameter_values(), {}, nullptr};
  }
  FakeQuantEvaluator evaluator(tape, graph_, checkpoint_.parameters, Mode::train,
                               observer_->quantizations(), find_target(checkpoint_.target),
                               !ranges_move_     ? Ranges::fixed
                               : learns_ranges() ? Ranges::learned
                                                 : Ranges::tracked);
  auto values = interpret(tape, graph_, x, evaluator);
  return {std::move(values), evaluator.parameter_values(), evaluator.observed(),
          evaluator.range_gradients()};
}

double Learner::step(Batch& batch, Optimizer& optimizer, double rate) {
  const Clock::time_point start = Clock::now();
  Tape<float> tape(config_.precision == "bf16" ? Storage::bfloat16 : Storage::full);
  if (profile_ != nullptr) {
    *profile_ = {};
    tape.profile_into(&profile_->tape);
  }
  const Lent image(batch.image);
  const Forward pass =
      forward(tape, config_.shrink == 1 ? image.tensor()
                                        : std::make_shared<const StoredTensor<float>>(
                                              shrunk(image.tensor()->full(), config_.shrink)));
  const auto require_finite_layers = [&] {
    for (int id = 0; id < graph_.size(); ++id)
      require(finite(tape.value(pass.values[static_cast<std::size_t>(id)])), "layer '",
              graph_.node(id).name,
              "' is the first whose value is not finite; a lower learning rate may help");
  };
  // The loss refuses what is not finite in its own words; the layer at fault says more.
  if (!finite(tape.value(pass.values.back()))) require_finite_layers();
  const Var loss = this->loss(tape, pass.values, batch.mask);
  const double value = static_cast<double>(tape.value(loss)[0]);
  require(std::isfinite(value), "the loss is not finite (", value, ")");
  tape.backward(loss);
  const Clock::time_point differentiated = Clock::now();

  std::vector<Parameter<float>>& parameters = checkpoint_.parameters.all();
  std::vector<Tensor<float>> gradients(parameters.size());
  std::vector<OptimizedTensor> updates;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    Parameter<float>& p = parameters[i];
    if (!p.trainable) continue;
    gradients[i] = tape.gradient(pass.parameters[i]);
    require(finite(gradients[i]), "the gradient of '", p.name,
            "' is not finite; a lower learning rate may help");
    updates.push_back({p.name, &p.value, &gradients[i], p.name.ends_with("/weight")});
  }
  // Learned ranges are one more parameter, whose value is how far they move in this step. Where
  // they stay, the optimizer goes on with a gradient of 0 and what it does is forgotten.
  Tensor<float> moved, by_ranges;
  if (learns_ranges()) {
    by_ranges = ranges_move_ ? observer_->gradient(*pass.range_gradients)
                             : Tensor<float>(checkpoint_.ranges.shape());
    moved = Tensor<float>(by_ranges.shape());
    require(finite(by_ranges), "the gradient of the ranges is not finite");
    updates.push_back({"quantization/ranges", &moved, &by_ranges, false});
  }
  optimizer.step(updates, rate);
  for (const Parameter<float>& p : parameters)
    require(finite(p.value), "parameter '", p.name,
            "' is not finite after the update; a lower learning rate may help");
  if (ranges_move_ && learns_ranges())
    observer_->move(moved);
  else if (ranges_move_)
    observer_->observe(pass.observed);
  if (profile_ != nullptr) {
    profile_->parts = parts_of(graph_, pass.values, pass.parameters, loss);
    profile_->optimizer = seconds_since(differentiated);
    profile_->total = seconds_since(start);
  }
  return value;
}

Tensor<float> calibrate(const Model<float>& folded, const TrainConfig& config,
                        std::span<const Sample> samples) {
  RangeObserver observer(folded.graph, config.observer);
  Progress progress("calibrating", static_cast<Index>(samples.size()));
  std::vector<std::uint32_t> order(samples.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>(i);
  Augmentation crops = Augmentation::none();
  crops.crop_height = config.augmentation.crop_height;
  crops.crop_width = config.augmentation.crop_width;
  for (const auto numbers : batches(order, config.batch_size)) {
    const Batch batch = make_batch(samples, numbers, 0, crops, config.seed);
    observe_images(observer, folded, shrunk(batch.image, config.shrink));
    progress.advance(static_cast<Index>(numbers.size()));
  }
  return observer.state();
}

}  // namespace integrad
