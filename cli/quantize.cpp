#include <chrono>

#include "integrad/cli/data_flags.h"
#include "integrad/cli/run_folder.h"
#include "integrad/cli/train_flags.h"
#include "integrad/cli/weights.h"
#include "integrad/train/presets.h"

namespace integrad::cli {

namespace {

class Quantize final : public Command {
 public:
  std::string name() const override { return "quantize"; }
  std::string summary() const override {
    return "Make an int8 model of a float one, trained on with quantisation in the forward pass";
  }
  std::string example() const override {
    return "integrad quantize --model runs/float/model.safetensors --data photos --size 256 "
           "--out runs/int8";
  }

  void declare(Options& options) override {
    options_ = &options;
    options.add("--model", model_, "The float model (model.safetensors of integrad train)");
    folder_.declare(options);
    options.add("--post-training", post_training_,
                "Only measure the ranges of the layers, without training");
    data_.declare(options);
    flags_.declare(options, quantization_aware({}));
  }

  int run(const Settings& settings) override {
    const auto start = std::chrono::steady_clock::now();
    const auto earlier = folder_.earlier_inputs();
    RunInputs inputs = data_.inputs_over(earlier);
    if (options_->given("--model") || !earlier) inputs.model = model_;
    require(!inputs.model.empty(), "which float model? Give --model FILE");
    folder_.check_inputs(inputs);
    const Checkpoint model = load_checkpoint(inputs.model);
    require(model.stage == Checkpoint::Stage::floating, inputs.model.string(),
            ": is quantised already; give the float model");

    TrainConfig config = folder_.earlier_config().value_or(defaults(model));
    config.model = model.model;
    flags_.apply(settings, config);
    if (post_training_) config.epochs = 0;
    const Dataset dataset = inputs.load();
    set_image_size(config, dataset.train);
    check(config, dataset);
    folder_.start(config, inputs);
    if (!settings.quiet) announce(config, Checkpoint::Stage::quantized, dataset);
    const Checkpoint quantized = quantize(config, model, dataset, folder_.path(), folder_.resume());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (!settings.quiet) print_summary("quantised", config, dataset, folder_.path(), took.count());
    print_weights_digest(quantized);
    return 0;
  }

 private:
  /// The float run's own treatment of the data, with a gentler course.
  static TrainConfig defaults(const Checkpoint& model) {
    if (model.config.empty()) return quantization_aware({});
    return quantization_aware(config_from_json(model.config));
  }

  const Options* options_ = nullptr;
  RunFolder folder_;
  DataFlags data_;
  TrainFlags flags_;
  std::filesystem::path model_;
  bool post_training_ = false;
};

}  // namespace

std::unique_ptr<Command> make_quantize() {
  return std::make_unique<Quantize>();
}

}  // namespace integrad::cli
