#include "integrad/cli/train_flags.h"

#include "integrad/tensor/files.h"

namespace integrad::cli {

namespace {

constexpr std::uint64_t kMaxConfigBytes = std::uint64_t{1} << 20;

}  // namespace

void TrainFlags::declare(Options& options, const TrainConfig& shown) {
  values_ = shown;
  options_ = &options;
  // Each flag binds a setting of values_; those that were given are copied from there.
  const auto add = [&](const std::string& flag, auto access, const std::string& help) {
    options.add(flag, access(values_), help);
    setters_.push_back([this, flag, access](TrainConfig& config) {
      if (options_->given(flag)) access(config) = access(values_);
    });
  };
  using C = TrainConfig;
  options.add("--config", file_, "JSON file of settings, as a run's config.json; flags win");
  add(
      "--epochs", [](C & c) -> auto& { return c.epochs; }, "Passes over the training images");
  add(
      "--steps", [](C & c) -> auto& { return c.steps; },
      "End after so many steps, if the epochs have more; 0: after the epochs");
  add(
      "--batch", [](C & c) -> auto& { return c.batch_size; }, "Images in a step");
  add(
      "--shrink", [](C & c) -> auto& { return c.shrink; },
      "The network sees images this many times smaller; a model NAME+N doubles its output N times");
  add(
      "--level-loss", [](C & c) -> auto& { return c.level_loss; },
      "all: the losses of every level of NAME+N added up; last: the full resolution's alone");
  add(
      "--precision", [](C & c) -> auto& { return c.precision; },
      "float, or bf16: activations stored in bfloat16 (float models)");
  add(
      "--optimizer", [](C & c) -> auto& { return c.optimizer; }, "sgd, adam or adamw");
  add(
      "--lr", [](C & c) -> auto& { return c.learning_rate; }, "Learning rate");
  add(
      "--momentum", [](C & c) -> auto& { return c.momentum; }, "Of sgd");
  add(
      "--weight-decay", [](C & c) -> auto& { return c.weight_decay; }, "Of any optimizer");
  add(
      "--schedule", [](C & c) -> auto& { return c.schedule; },
      "constant, step, cosine or cosine-restarts");
  add(
      "--schedule-period", [](C & c) -> auto& { return c.schedule_period; },
      "Epochs of a step or restart period; 0: 20");
  add(
      "--warm-up", [](C & c) -> auto& { return c.warm_up; }, "Epochs of a rising rate");
  add(
      "--weight-average", [](C & c) -> auto& { return c.weight_average; },
      "Keep a running mean of the steps' weights with this decay, such as 0.999; 0: the last ones");
  add(
      "--loss", [](C & c) -> auto& { return c.loss; }, "structure, structure-pranet, bce or dice");
  add(
      "--loss-window", [](C & c) -> auto& { return c.loss_window; },
      "Of the structure loss, odd; 0: by the image's side");
  add(
      "--brightness", [](C & c) -> auto& { return c.augmentation.brightness; },
      "A factor from 1 - b to 1 + b");
  add(
      "--flip-horizontal", [](C & c) -> auto& { return c.augmentation.flip_horizontal; },
      "Probability");
  add(
      "--flip-vertical", [](C & c) -> auto& { return c.augmentation.flip_vertical; },
      "Probability");
  add(
      "--rotation", [](C & c) -> auto& { return c.augmentation.rotation_degrees; },
      "Largest angle in degrees");
  add(
      "--scale", [](C & c) -> auto& { return c.augmentation.scale; },
      "A magnification from 1 - s to 1 + s");
  add(
      "--colour", [](C & c) -> auto& { return c.augmentation.colour; },
      "A factor from 1 - c to 1 + c for each channel, besides the brightness");
  add(
      "--gamma", [](C & c) -> auto& { return c.augmentation.gamma; },
      "Light to the power 2^-g to 2^g");
  add(
      "--elastic", [](C & c) -> auto& { return c.augmentation.elastic; },
      "A smooth random displacement by about half as many pixels; 0: none");
  options.add("--crop", crop_, "Train on random squares of this many pixels a side; 0: whole");
  add(
      "--target", [](C & c) -> auto& { return c.target; },
      "Integer arithmetic: cmsis-nn, cmsis-nn-single, cmsis-nn-per-tensor or cmsis-nn-4-bit "
      "(quantised)");
  options.add("--range-method", range_method_, "min-max, percentile or learned (quantised models)");
  add(
      "--range-percentile", [](C & c) -> auto& { return c.observer.percentile; },
      "Share of values below a range's end");
  add(
      "--range-momentum", [](C & c) -> auto& { return c.observer.momentum; },
      "Weight of a new batch in a range");
  add(
      "--freeze-ranges", [](C & c) -> auto& { return c.freeze_ranges; },
      "From this fraction of the epochs on, ranges stay");
  add(
      "--checkpoint-every", [](C & c) -> auto& { return c.checkpoint_every; }, "Epochs");
  add(
      "--evaluate-every", [](C & c) -> auto& { return c.evaluate_every; },
      "Epochs between scores on the test images; 0: never");
}

void TrainFlags::apply(const Settings& settings, TrainConfig& config) const {
  if (!file_.empty()) {
    const auto bytes = read_file(file_, kMaxConfigBytes);
    config = with_context(file_.string(), [&] {
      return config_from_json(std::string(bytes.begin(), bytes.end()), config);
    });
  }
  for (const auto& set : setters_) set(config);
  if (options_->given("--seed")) config.seed = settings.seed;
  if (options_->given("--crop"))
    config.augmentation.crop_height = config.augmentation.crop_width = crop_;
  if (options_->given("--range-method"))
    config.observer.method = range_method(range_method_, "--range-method");
}

}  // namespace integrad::cli
