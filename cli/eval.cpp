#include <iostream>
#include <limits>
#include <optional>

#include "integrad/cli/data_flags.h"
#include "integrad/cli/model_files.h"
#include "integrad/cli/scores.h"
#include "integrad/tensor/files.h"
#include "integrad/train/chase.h"
#include "integrad/train/evaluate.h"

namespace integrad::cli {

namespace {

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
    options_ = &options;
    options.add("--model", model_, "A model file, float or quantised, or a folder of one");
    options.require("--model");
    options.add("--float", float_model_, "The float model to compare a quantised one with");
    data_.declare(options);
    options.add("--part", part_, "Images to score: test or train");
    options.add("--fov", within_field_of_view_, "Leave out pixels beyond the field of view");
    options.add(
        "--protocol", protocol_,
        "chase: all pixels and the field of view, pooled and of every image, of CHASE_DB1's "
        "test part at 960 pixels");
    options.add("--enlarge", enlarge_,
                "How logits smaller than the truth come to its size: bilinear or nearest");
    options.add("--per-image", per_image_, "Also print every image's figures");
    options.add("--out", out_, "Also write the figures, in full precision, to this JSON file");
    options.add("--markdown", markdown_, "Also write the figures as tables to this file");
  }

  int run(const Settings&) override {
    std::vector<bool> extents{within_field_of_view_};
    if (!protocol_.empty()) {
      check_protocol();
      extents = {false, true};
      per_image_ = true;
    }
    const Checkpoint model = load_checkpoint(model_file(model_));
    const std::optional<Checkpoint> float_model = load_float_model(model);
    const Dataset dataset = data_.load();
    const std::vector<Sample>& samples = part_of(dataset, part_);
    const ScoredModel what{model_.string(), dataset.description, part_};

    const std::vector<ScoreTable> tables = score(model, float_model, samples, extents);
    for (const ScoreTable& table : tables) {
      if (&table != &tables.front()) std::cout << "\n";
      print(std::cout, what, table, per_image_);
    }
    if (!out_.empty())
      write_file_atomically(
          out_, protocol_.empty() ? to_json(what, tables.front()) : to_json(what, tables));
    if (!markdown_.empty()) write_file_atomically(markdown_, to_markdown(what, tables));
    return 0;
  }

 private:
  void check_protocol() const {
    require(protocol_ == "chase", "--protocol is chase; got '", protocol_, "'");
    for (const char* flag : {"--size", "--observer", "--part", "--fov"})
      require(!options_->given(flag), "--protocol chase decides ", flag, ": leave it out");
    const RunInputs inputs = data_.inputs();
    require(is_chase(inputs.data), "--protocol chase: folder '", inputs.data.string(),
            "' does not hold CHASE_DB1");
  }

  Enlargement enlargement() const {
    require(enlarge_ == "bilinear" || enlarge_ == "nearest",
            "--enlarge is bilinear or nearest; got '", enlarge_, "'");
    return enlarge_ == "nearest" ? Enlargement::nearest : Enlargement::bilinear;
  }

  std::optional<Checkpoint> load_float_model(const Checkpoint& model) const {
    const std::filesystem::path path =
        float_model_.empty() ? float_model_beside(model_).value_or("") : model_file(float_model_);
    if (path.empty()) return std::nullopt;
    Checkpoint loaded = load_checkpoint(path);
    require(loaded.stage == Checkpoint::Stage::floating, path.string(),
            ": is quantised; --float takes the float model");
    require(loaded.model == model.model, path.string(), ": holds model ", loaded.model,
            ", --model holds ", model.model);
    return loaded;
  }

  std::vector<ScoreTable> score(const Checkpoint& model,
                                const std::optional<Checkpoint>& float_model,
                                const std::vector<Sample>& samples,
                                const std::vector<bool>& extents) const {
    std::vector<ScoreTable> tables;
    tables.reserve(extents.size());
    for (const bool within : extents) tables.push_back({within, {}});
    const auto add = [&](const Checkpoint& of, Arithmetic arithmetic) {
      const auto scored = evaluate_extents(of, samples, arithmetic, extents, enlargement());
      for (std::size_t i = 0; i < tables.size(); ++i) tables[i].rows.push_back(row_of(scored[i]));
    };
    const bool quantized = model.stage == Checkpoint::Stage::quantized;
    if (float_model)
      add(*float_model, Arithmetic::floating);
    else if (!quantized)
      add(model, Arithmetic::floating);
    if (quantized) {
      add(model, Arithmetic::fake_quant);
      add(model, Arithmetic::integer);
    }
    if (data_.has_second_observer()) {
      const Dataset second = data_.load_second_observer();
      for (ScoreTable& table : tables)
        table.rows.push_back(
            row_of_observer(part_of(second, part_), samples, table.within_field_of_view));
    }
    return tables;
  }

  const Options* options_ = nullptr;
  std::filesystem::path model_, float_model_, out_, markdown_;
  DataFlags data_;
  std::string part_ = "test", protocol_, enlarge_ = "bilinear";
  bool within_field_of_view_ = false, per_image_ = false;
};

}  // namespace

std::unique_ptr<Command> make_eval() {
  return std::make_unique<Eval>();
}

}  // namespace integrad::cli
