#include <cmath>
#include <iostream>
#include <limits>

#include "integrad/cli/data_flags.h"
#include "integrad/cli/report_json.h"
#include "integrad/cli/table.h"
#include "integrad/tensor/files.h"
#include "integrad/train/evaluate.h"

namespace integrad::cli {

namespace {

void add_score(Table& table, const std::string& name, const SegmentationScore& score) {
  const Confusion& c = score.counts;
  table.add({name, cell(c.dice(), 4), cell(c.jaccard(), 4), cell(c.accuracy(), 4),
             cell(c.sensitivity(), 4), cell(c.specificity(), 4), cell(score.auc, 4)});
}

ScoreRow row_of(const Evaluation& evaluation) {
  return {std::string(name_of(evaluation.arithmetic)), evaluation.pooled, evaluation.images};
}

/// A drawing of the same photographs, scored against the truth as a prediction; it has no AUC.
ScoreRow row_of_observer(const std::vector<Sample>& second, const std::vector<Sample>& truth,
                         bool within_field_of_view) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  ScoreRow row{"second observer", {"", {}, kNone}, {}};
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const auto inside =
        within_field_of_view ? truth[i].field_of_view.values() : std::span<const std::uint8_t>{};
    const Confusion counts = confusion(second[i].mask.values(), truth[i].mask.values(), inside);
    row.images.push_back({truth[i].name, counts, kNone});
    row.pooled.counts += counts;
  }
  return row;
}

class Eval final : public Command {
 public:
  std::string name() const override { return "eval"; }
  std::string summary() const override { return "Score a model against drawn masks"; }
  std::string example() const override {
    return "integrad eval --model runs/int8/model.safetensors --float "
           "runs/float/model.safetensors --data photos --size 256";
  }
  void declare(Options& options) override {
    options.add("--model", model_, "A model file, float or quantised");
    options.require("--model");
    options.add("--float", float_model_, "The float model to compare a quantised one with");
    data_.declare(options);
    options.add("--part", part_, "Images to score: test or train");
    options.add("--fov", within_field_of_view_, "Leave out pixels beyond the field of view");
    options.add("--per-image", per_image_, "Also print every image's figures");
    options.add("--out", out_, "Also write the figures, in full precision, to this JSON file");
  }

  int run(const Settings&) override {
    const Checkpoint model = load_checkpoint(model_);
    const bool quantized = model.stage == Checkpoint::Stage::quantized;
    const Dataset dataset = data_.load();
    const std::vector<Sample>& samples = part_of(dataset, part_);

    std::vector<ScoreRow> rows;
    const auto score = [&](const Checkpoint& of, Arithmetic arithmetic) {
      rows.push_back(row_of(evaluate(of, samples, arithmetic, within_field_of_view_)));
    };
    if (!float_model_.empty()) {
      const Checkpoint float_model = load_checkpoint(float_model_);
      require(float_model.stage == Checkpoint::Stage::floating, float_model_.string(),
              ": is quantised; --float takes the float model");
      require(float_model.model == model.model, float_model_.string(), ": holds model ",
              float_model.model, ", --model holds ", model.model);
      score(float_model, Arithmetic::floating);
    } else if (!quantized) {
      score(model, Arithmetic::floating);
    }
    if (quantized) {
      score(model, Arithmetic::fake_quant);
      score(model, Arithmetic::integer);
    }
    if (data_.has_second_observer()) {
      const Dataset second = data_.load_second_observer();
      rows.push_back(row_of_observer(part_of(second, part_), samples, within_field_of_view_));
    }
    print(rows, dataset.description, samples.size());
    if (!out_.empty())
      write_file_atomically(
          out_, to_json(model_.string(), dataset.description, within_field_of_view_, rows));
    return 0;
  }

 private:
  void print(const std::vector<ScoreRow>& rows, const std::string& data, std::size_t images) const {
    const std::vector<std::string> figures{"Dice",        "Jaccard",     "accuracy",
                                           "sensitivity", "specificity", "AUC"};
    const auto table_of = [&](const std::string& first) {
      std::vector<std::string> header{first};
      header.insert(header.end(), figures.begin(), figures.end());
      return Table(header, 1);
    };
    std::cout << data << "\n"
              << images << " " << part_ << " images, all pixels "
              << (within_field_of_view_ ? "in the field of view " : "") << "pooled\n";
    Table pooled = table_of("arithmetic");
    for (const ScoreRow& row : rows) add_score(pooled, row.name, row.pooled);
    std::cout << pooled;
    if (!per_image_) return;
    for (const ScoreRow& row : rows) {
      Table table = table_of(row.name);
      for (const SegmentationScore& image : row.images) add_score(table, image.name, image);
      std::cout << "\n" << table;
    }
  }

  std::filesystem::path model_, float_model_, out_;
  DataFlags data_;
  std::string part_ = "test";
  bool within_field_of_view_ = false, per_image_ = false;
};

}  // namespace

std::unique_ptr<Command> make_eval() {
  return std::make_unique<Eval>();
}

}  // namespace integrad::cli
