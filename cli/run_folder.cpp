#include "integrad/cli/run_folder.h"

#include <cmath>
#include <iomanip>
#include <iostream>

#include "integrad/tensor/files.h"
#include "integrad/train/estimate.h"
#include "integrad/train/format.h"
#include "integrad/train/progress.h"
#include "integrad/train/run_folder.h"
#include "integrad/train/settings_reader.h"

namespace integrad::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxInputsBytes = std::uint64_t{1} << 20;
constexpr const char* kInputs = "inputs.json";
/// What is given up with a run.
constexpr const char* kRunFiles[] = {"config.json", "log.csv", "checkpoint.safetensors",
                                     "model.safetensors"};

std::optional<std::string> text_of(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return std::nullopt;
  const auto bytes = read_file(path, kMaxInputsBytes);
  return std::string(bytes.begin(), bytes.end());
}

}  // namespace

void RunFolder::declare(Options& options) {
  options.add("--out", path_, "The run's folder: settings, log, checkpoint, model");
  options.require("--out");
  options.add("--resume", resume_,
              "Go on where the run in --out was stopped; its settings and images need not be "
              "given again, and cannot be changed");
  options.add("--force", force_, "Give up the run, or replace the files, that are in --out");
}

std::optional<TrainConfig> RunFolder::earlier_config() const {
  if (!resume_) return std::nullopt;
  const auto text = text_of(path_ / "config.json");
  if (!text) return std::nullopt;
  return with_context((path_ / "config.json").string(), [&] { return config_from_json(*text); });
}

std::optional<RunInputs> RunFolder::earlier_inputs() const {
  if (!resume_) return std::nullopt;
  const auto text = text_of(path_ / kInputs);
  if (!text) return std::nullopt;
  return with_context((path_ / kInputs).string(), [&] { return run_inputs_from_json(*text); });
}

void RunFolder::check_inputs(const RunInputs& inputs) const {
  if (const auto earlier = earlier_inputs())
    with_context((path_ / kInputs).string() + ": the run to be resumed reads something else",
                 [&] { require_same_settings(to_json(*earlier), to_json(inputs)); });
}

void RunFolder::start(const TrainConfig& config, const RunInputs& inputs) const {
  check_inputs(inputs);
  if (const auto earlier = earlier_config())
    with_context((path_ / "config.json").string() + ": the run to be resumed has other settings",
                 [&] { require_same_settings(to_json(*earlier), to_json(config)); });
  std::error_code error;
  if (!resume_ && is_run_folder(path_))
    for (const char* name : kRunFiles)
      require(force_ || !fs::exists(path_ / name, error), "folder '", path_.string(),
              "': holds a run already (", name, "); --resume continues it, --force gives it up");
  make_run_folder(path_, force_ && !resume_);
  if (!resume_)
    for (const char* name : kRunFiles) {
      fs::remove(path_ / name, error);
      require(!error, "file '", (path_ / name).string(), "': cannot be removed: ", error.message());
    }
  if (!resume_ || !fs::exists(path_ / kInputs, error))
    write_file_atomically(path_ / kInputs, to_json(inputs));
}

void set_image_size(TrainConfig& config, const std::vector<Sample>& samples) {
  require(!samples.empty(), "the data set has no images to train on");
  const Augmentation& crop = config.augmentation;
  const Shape& first = samples.front().image.shape();
  for (const Sample& sample : samples) {
    const Shape& shape = sample.image.shape();
    require(crop.crop_height != 0 || shape == first, "the images differ in size ('",
            samples.front().name, "' is ", first, ", '", sample.name, "' ", shape,
            "): give --size or --crop");
  }
  config.height = crop.crop_height;
  config.width = crop.crop_width;
  if (crop.crop_height != 0) return;
  config.height = first.height();
  config.width = first.width();
}

void announce(const TrainConfig& config, Checkpoint::Stage stage, const Dataset& dataset) {
  const Index images = static_cast<Index>(dataset.train.size()), steps = config.run_steps(images);
  if (steps == 0) return;
  const RunEstimate estimate = estimate_run(config, stage, images);
  std::int64_t bytes = estimate.bytes;  // and the images as they were read
  for (const std::vector<Sample>* part : {&dataset.train, &dataset.test})
    for (const Sample& sample : *part)
      bytes += sample.image.size() + sample.mask.size() + sample.field_of_view.size();
  std::cerr << steps << " steps of " << config.batch_size << " x " << config.step_height() << "x"
            << config.step_width() << ": about " << format_duration(estimate.seconds) << " and "
            << format_bytes(bytes) << " of memory, by a step at " << estimate.height << "x"
            << estimate.width << "\n";
}

void print_summary(const std::string& what, const TrainConfig& config, const Dataset& dataset,
                   const fs::path& run_folder, double seconds) {
  std::cout << what << " " << config.model << " on " << dataset.train.size() << " images at "
            << config.height << "x" << config.width << ", ";
  const Index images = static_cast<Index>(dataset.train.size()), steps = config.run_steps(images);
  if (steps < config.epochs * config.steps_per_epoch(images))
    std::cout << steps << " steps";
  else
    std::cout << config.epochs << " epochs";
  std::cout << ", in " << format_duration(seconds) << "\n";
  const fs::path log = run_folder / "log.csv";
  std::error_code error;
  if (fs::exists(log, error)) {
    const std::vector<EpochLog> rows = load_log(log);
    const auto print = [](const char* name, double value) {
      std::cout << "  " << std::left << std::setw(10) << name << std::fixed << std::setprecision(4)
                << value << "\n";
    };
    if (!rows.empty()) print("loss", rows.back().loss);
    for (auto row = rows.rbegin(); row != rows.rend(); ++row)
      if (!std::isnan(row->test_dice)) {
        print("test Dice", row->test_dice);
        print("test AUC", row->test_auc);
        break;
      }
  }
  std::cout << "  " << (run_folder / "model.safetensors").string() << "\n";
}

}  // namespace integrad::cli
