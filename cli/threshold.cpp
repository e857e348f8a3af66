#include <iostream>

#include "integrad/cli/data_flags.h"
#include "integrad/cli/model_files.h"
#include "integrad/cli/table.h"
#include "integrad/cli/weights.h"
#include "integrad/tensor/elementary.h"
#include "integrad/tensor/files.h"
#include "integrad/train/threshold.h"

namespace integrad::cli {

namespace {

namespace fs = std::filesystem;

constexpr int kSteps = 20;  // shifts to either side
constexpr double kStep = 0.1;

class Threshold final : public Command {
 public:
  std::string name() const override { return "threshold"; }
  std::string summary() const override {
    return "Find the border of the best Dice on held-out images, and move it to one half";
  }
  std::string example() const override {
    return "integrad threshold --model runs/held-out --data CHASE_DB1 --split 16/4";
  }
  void declare(Options& options) override {
    options_ = &options;
    options.add("--model", model_, "A float model, or a folder of one");
    options.require("--model");
    data_.declare(options);
    options.add("--part", part_, "Images to choose by: test or train");
    options.add("--shift", shift_,
                "Do not choose: add this to all logits (needs --out, no --data)");
    options.add("--out", out_, "Write the shifted model into this new folder");
  }

  int run(const Settings&) override {
    const bool chosen = !options_->given("--shift");
    require(chosen || !out_.empty(), "--shift makes a model: --out says where");
    std::error_code ignored;
    require(out_.empty() || !fs::exists(out_, ignored) || fs::is_empty(out_, ignored), "--out: '",
            out_.string(), "' is there already");
    const Checkpoint model = load_checkpoint(model_file(model_));
    if (chosen) shift_ = choose(model);
    if (!out_.empty()) write(shifted(model, shift_));
    return 0;
  }

 private:
  double choose(const Checkpoint& model) const {
    const Dataset dataset = data_.load();
    const std::vector<Sample>& samples = part_of(dataset, part_);
    std::vector<double> shifts;
    for (int i = -kSteps; i <= kSteps; ++i) shifts.push_back(kStep * i);
    const std::vector<ShiftScore> scores = score_shifts(model, samples, shifts);
    const ShiftScore &best = best_shift(scores), &none = scores[kSteps];
    std::cout << dataset.description << "\n"
              << samples.size() << " " << part_ << " images, all pixels pooled\n";
    Table table({"shift", "border", "Dice", "accuracy", "sensitivity", "specificity", ""}, 0);
    for (const ShiftScore& score : scores)
      table.add({cell(score.shift, 1), cell(elementary::sigmoid(-score.shift), 3),
                 cell(score.counts.dice(), 4), cell(score.counts.accuracy(), 4),
                 cell(score.counts.sensitivity(), 4), cell(score.counts.specificity(), 4),
                 &score == &best ? "best" : ""});
    std::cout << table << "best shift " << cell(best.shift, 1) << ": Dice "
              << cell(best.counts.dice(), 4) << ", without " << cell(none.counts.dice(), 4) << "\n";
    return best.shift;
  }

  void write(const Checkpoint& model) const {
    fs::create_directories(out_);
    write_file_atomically(out_ / "README.txt", "The float model of " + model_.string() +
                                                   ", all logits shifted by " + cell(shift_) +
                                                   " (integrad threshold).\n\n" +
                                                   "model.safetensors  the model\n" +
                                                   "config.json        how it was trained\n");
    if (!model.config.empty()) write_file_atomically(out_ / "config.json", model.config);
    save_checkpoint(out_ / "model.safetensors", model);
    std::cout << "logits shifted by " << shift_ << ": " << (out_ / "model.safetensors").string()
              << "\n";
    print_weights_digest(model);
  }

  const Options* options_ = nullptr;
  fs::path model_, out_;
  DataFlags data_;
  std::string part_ = "test";
  double shift_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_threshold() {
  return std::make_unique<Threshold>();
}

}  // namespace integrad::cli
