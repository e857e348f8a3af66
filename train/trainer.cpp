#include "integrad/train/trainer.h"

#include <cmath>
#include <limits>
#include <set>

#include "integrad/nn/models/registry.h"
#include "integrad/tensor/files.h"
#include "integrad/train/batch_stream.h"
#include "integrad/train/evaluate.h"
#include "integrad/train/learner.h"
#include "integrad/train/progress.h"
#include "integrad/train/run_folder.h"
#include "integrad/train/training_log.h"
#include "integrad/train/weight_average.h"

namespace integrad {

namespace {

Arithmetic arithmetic_of(const Checkpoint& checkpoint) {
  return checkpoint.stage == Checkpoint::Stage::floating ? Arithmetic::floating
                                                         : Arithmetic::fake_quant;
}

/// The folder of a run, and where an interrupted one goes on.
class RunFolder {
 public:
  explicit RunFolder(const std::filesystem::path& folder) : folder_(folder) {
    make_run_folder(folder);
  }
  std::filesystem::path operator/(const char* name) const { return folder_ / name; }

  /// The interrupted run's checkpoint, if there is one; throws Error when it is another run's.
  std::optional<Checkpoint> interrupted(const TrainConfig& config) const {
    const std::filesystem::path path = folder_ / "checkpoint.safetensors";
    if (!std::filesystem::exists(path)) return std::nullopt;
    Checkpoint checkpoint = load_checkpoint(path);
    require(checkpoint.training.has_value(), path.string(), ": holds no state of training");
    // Read first: settings that a run of earlier days did not know yet have their defaults.
    require(to_json(config_from_json(checkpoint.config)) == to_json(config), path.string(),
            ": was made with other settings than these; resume with the run's own config.json");
    require(checkpoint.training->epoch <= config.epochs, path.string(), ": is of epoch ",
            checkpoint.training->epoch, ", the run has ", config.epochs);
    return checkpoint;
  }

 private:
  std::filesystem::path folder_;
};

/// Trains a learner for the rest of its epochs.
Checkpoint run(const TrainConfig& config, Learner& learner, const Dataset& dataset,
               const RunFolder& folder, const char* what, const AfterEpoch& after_epoch) {
  Checkpoint& state = learner.checkpoint();
  const Schedule schedule = config.make_schedule();
  Optimizer optimizer(config.make_optimizer());
  optimizer.restore(std::move(state.training->optimizer));
  WeightAverage average(config.weight_average);
  average.restore(std::move(state.training->average));
  // What is scored and kept in the end.
  const auto model = [&] {
    Checkpoint result = state;
    result.training.reset();
    result.parameters = average.of(state.parameters);
    return result;
  };
  std::vector<EpochLog> log;
  if (state.training->epoch > 0) {
    log = load_log(folder / "log.csv");
    std::erase_if(log, [&](const EpochLog& row) { return row.epoch > state.training->epoch; });
  }
  const Index images = static_cast<Index>(dataset.train.size());
  const Index per_epoch = config.steps_per_epoch(images), end = config.run_steps(images);
  Progress progress(what, end, state.training->epoch * per_epoch);
  BatchStream batches(config, dataset.train, state.training->epoch * per_epoch);

  for (Index epoch = state.training->epoch; epoch * per_epoch < end; ++epoch) {
    const Index steps = std::min(per_epoch, end - epoch * per_epoch);
    EpochLog row;
    row.epoch = epoch + 1;
    row.test_dice = row.test_auc = std::numeric_limits<double>::quiet_NaN();
    Index seen = 0;  // samples
    learner.begin_epoch(epoch);
    for (Index step = 0; step < steps; ++step) {
      Batch batch = batches.next();
      const double time =
          static_cast<double>(epoch) + static_cast<double>(step) / static_cast<double>(per_epoch);
      // Within warm-up the end of the step counts, so that the first step moves.
      const double now =
          time < schedule.warm_up ? time + 1.0 / static_cast<double>(per_epoch) : time;
      row.learning_rate =
          learning_rate(schedule, std::min(now, static_cast<double>(config.epochs)));
      const std::string place =
          "epoch " + std::to_string(epoch + 1) + ", step " + std::to_string(step + 1);
      const double loss =
          with_context(place, [&] { return learner.step(batch, optimizer, row.learning_rate); });
      average.add(state.parameters, optimizer.state().steps);
      const Index count = batch.image.shape().batch();
      row.loss += loss * static_cast<double>(count);
      seen += count;
      char note[80];
      std::snprintf(note, sizeof note, "%s, loss %.4f", place.c_str(), loss);
      progress.advance(1, note);
    }
    row.loss /= static_cast<double>(seen);
    learner.end_epoch();

    const bool last = epoch * per_epoch + steps == end;
    const bool scored = config.evaluate_every > 0 && !dataset.test.empty() &&
                        (last || (epoch + 1) % config.evaluate_every == 0);
    if (scored) {
      const SegmentationScore score = evaluate(model(), dataset.test, arithmetic_of(state)).pooled;
      row.test_dice = score.counts.dice();
      row.test_auc = score.auc;
    }
    log.push_back(row);
    // The log first: rows beyond the checkpoint are dropped on resume, missing ones could not be
    // made again.
    save_log(folder / "log.csv", log);
    if (after_epoch) after_epoch(row);
    // A resume goes on after a whole epoch; one that the number of steps cut is made again.
    if (steps == per_epoch && (last || (epoch + 1) % config.checkpoint_every == 0)) {
      state.training = TrainingState{epoch + 1, optimizer.state(), average.state()};
      save_checkpoint(folder / "checkpoint.safetensors", state);
    }
  }
  Checkpoint result = model();
  save_checkpoint(folder / "model.safetensors", result);
  return result;
}

Checkpoint fresh(const TrainConfig& config, const std::string& model, Checkpoint::Stage stage) {
  Checkpoint state;
  state.model = model;
  state.height = config.height / config.shrink;
  state.width = config.width / config.shrink;
  state.stage = stage;
  state.config = to_json(config);
  state.training = TrainingState{};
  return state;
}

/// Throws Error naming the image when the model does not take its size.
void check_size(const TrainConfig& config, const char* part, const Sample& sample, Index height,
                Index width) {
  with_context(std::string(part) + " image '" + sample.name + "' of " + std::to_string(height) +
                   " x " + std::to_string(width),
               [&] {
                 const Index n = config.shrink;
                 require(height % n == 0 && width % n == 0, "it cannot be shrunk by ", n);
                 const Shape out = make_model(config.model, height / n, width / n).output_shape();
                 require(out.height() <= height, "the model's output of ", out.height(), " x ",
                         out.width(), " is larger than the truth: set shrink to ",
                         out.height() * n / height);
               });
}

}  // namespace

void check(const TrainConfig& config, const Dataset& dataset) {
  check(config);
  require(!dataset.train.empty(), "the data set has no training images");
  const Augmentation& crop = config.augmentation;
  for (const Sample& sample : dataset.train) {
    const Shape& shape = sample.image.shape();
    if (crop.crop_height > 0)
      require(crop.crop_height <= shape.height() && crop.crop_width <= shape.width(),
              "training image '", sample.name, "' of ", shape.height(), " x ", shape.width(),
              ": a crop of ", crop.crop_height, " x ", crop.crop_width, " does not fit it");
    else
      require(shape.height() == config.height && shape.width() == config.width, "training image '",
              sample.name, "' of ", shape.height(), " x ", shape.width(), ": the run's images are ",
              config.height, " x ", config.width);
  }
  check_size(config, "training", dataset.train.front(), config.step_height(), config.step_width());
  if (config.evaluate_every == 0) return;
  std::set<std::pair<Index, Index>> sizes;
  for (const Sample& sample : dataset.test) {
    const Index height = sample.image.shape().height(), width = sample.image.shape().width();
    if (sizes.emplace(height, width).second) check_size(config, "test", sample, height, width);
  }
}

Checkpoint train(const TrainConfig& config, const Dataset& dataset,
                 const std::filesystem::path& run_folder, bool resume,
                 const AfterEpoch& after_epoch, const Checkpoint* start) {
  check(config, dataset);
  if (start != nullptr)
    require(start->stage == Checkpoint::Stage::floating && start->model == config.model,
            "a run of ", config.model, " starts from a float model of that name; got ",
            start->stage == Checkpoint::Stage::floating ? "float " : "quantised ", start->model);
  const RunFolder folder(run_folder);
  std::optional<Checkpoint> state;
  if (resume) state = folder.interrupted(config);
  write_file_atomically(folder / "config.json", to_json(config));
  if (!state) {
    state = fresh(config, config.model, Checkpoint::Stage::floating);
    state->parameters =
        start != nullptr ? start->parameters : initialize<float>(state->graph(), config.seed);
  }
  Learner learner(config, std::move(*state));
  return run(config, learner, dataset, folder, "training", after_epoch);
}

Checkpoint quantize(const TrainConfig& config, const Checkpoint& model, const Dataset& dataset,
                    const std::filesystem::path& run_folder, bool resume,
                    const AfterEpoch& after_epoch) {
  check(config, dataset);
  require(model.stage == Checkpoint::Stage::floating, "the model is quantised already");
  require(config.precision == "float",
          "quantisation-aware training computes what the integers will ",
          "and has precision float; got ", config.precision);
  const RunFolder folder(run_folder);
  std::optional<Checkpoint> state;
  if (resume) state = folder.interrupted(config);
  write_file_atomically(folder / "config.json", to_json(config));
  if (!state) {
    Model<float> folded = model.folded(config.height / config.shrink, config.width / config.shrink);
    state = fresh(config, model.model, Checkpoint::Stage::quantized);
    state->ranges = calibrate(folded, config, dataset.train);
    state->parameters = std::move(folded.parameters);
    state->target = config.target;
  }
  Learner learner(config, std::move(*state));
  return run(config, learner, dataset, folder, "training (quantised)", after_epoch);
}

}  // namespace integrad
