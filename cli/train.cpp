#include <chrono>
#include <optional>

#include "integrad/cli/data_flags.h"
#include "integrad/cli/model_files.h"
#include "integrad/cli/run_folder.h"
#include "integrad/cli/train_flags.h"
#include "integrad/cli/weights.h"
#include "integrad/train/presets.h"

namespace integrad::cli {

namespace {

class Train final : public Command {
 public:
  std::string name() const override { return "train"; }
  std::string summary() const override { return "Train a float model"; }
  std::string example() const override {
    return "integrad train --data photos --size 256 --epochs 60 --out runs/float";
  }

  void declare(Options& options) override {
    options_ = &options;
    folder_.declare(options);
    data_.declare(options);
    options.add("--model", model_, "A model's name; integrad info --model NAME describes it");
    options.add("--start", start_,
                "Begin with the parameters of this float model, a file or a folder of one");
    options.add("--preset", preset_,
                "Start from these settings: default, paper (Q-Segment's own recipe) or strong");
    flags_.declare(options, {});
  }

  int run(const Settings& settings) override {
    const auto start = std::chrono::steady_clock::now();
    const auto earlier_inputs = folder_.earlier_inputs();
    RunInputs inputs = data_.inputs_over(earlier_inputs);
    if (options_->given("--start") || !earlier_inputs) inputs.model = start_;
    folder_.check_inputs(inputs);
    const auto earlier = folder_.earlier_config();
    // A preset that is given is the start even then: the stored settings must be its own.
    TrainConfig config =
        earlier && !options_->given("--preset") ? *earlier : training_preset(preset_);
    const std::optional<Checkpoint> from = load_start(inputs.model);
    const Dataset dataset = inputs.load();
    for (const Sample& sample : dataset.train) fit_crop(config, sample.image.shape());
    flags_.apply(settings, config);
    if (options_->given("--model")) config.model = model_;
    set_image_size(config, dataset.train);
    check(config, dataset);
    folder_.start(config, inputs);
    if (!settings.quiet) announce(config, Checkpoint::Stage::floating, dataset);
    const Checkpoint model =
        train(config, dataset, folder_.path(), folder_.resume(), {}, from ? &*from : nullptr);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (!settings.quiet) print_summary("trained", config, dataset, folder_.path(), took.count());
    print_weights_digest(model);
    return 0;
  }

 private:
  static std::optional<Checkpoint> load_start(const std::filesystem::path& path) {
    if (path.empty()) return std::nullopt;
    return load_checkpoint(float_model_beside(path).value_or(model_file(path)));
  }

  const Options* options_ = nullptr;
  RunFolder folder_;
  DataFlags data_;
  TrainFlags flags_;
  std::string model_ = TrainConfig().model, preset_ = "default";
  std::filesystem::path start_;
};

}  // namespace

std::unique_ptr<Command> make_train() {
  return std::make_unique<Train>();
}

}  // namespace integrad::cli
