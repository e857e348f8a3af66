#include "integrad/train/report.h"

#include <iostream>
#include <sstream>

#include "integrad/cli/data_flags.h"
#include "integrad/tensor/files.h"
#include "integrad/train/verify_json.h"

namespace integrad::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxTextBytes = std::uint64_t{1} << 24;

std::string read_text(const fs::path& path) {
  const auto bytes = read_file(path, kMaxTextBytes);
  return {bytes.begin(), bytes.end()};
}

Checkpoint load_stage(const fs::path& run, Checkpoint::Stage stage, const char* flag,
                      const char* remedy) {
  const fs::path file = run / "model.safetensors";
  Checkpoint model = load_checkpoint(file);
  require(model.stage == stage, file.string(), ": ", flag, " takes the folder of ", remedy);
  return model;
}

/// A text of lines; each `# purpose` starts a group of commands.
std::vector<NamedText> parse_commands(const std::string& text) {
  std::vector<NamedText> commands;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#") || commands.empty()) commands.emplace_back();
    NamedText& group = commands.back();
    if (line.starts_with("# "))
      group.name = line.substr(2);
    else if (!line.starts_with("#") && !line.empty())
      group.text += (group.text.empty() ? "" : "\n") + line;
  }
  return commands;
}

class Report final : public Command {
 public:
  std::string name() const override { return "report"; }
  std::string summary() const override {
    return "One HTML page: scores, pictures, curves, sizes, verification";
  }
  std::string example() const override {
    return "integrad report --float runs/float --quantized runs/int8 --verify verify.json --out "
           "report.html";
  }
  void declare(Options& options) override {
    options_ = &options;
    options.add("--float", float_run_, "The folder of a float run");
    options.require("--float");
    options.add("--quantized", quantized_run_, "The folder of the quantised run made of it");
    options.require("--quantized");
    data_.declare(options);
    options.add("--verify", verify_, "What integrad verify wrote with --out");
    options.add("--commands", commands_,
                "A text of shell lines to show; lines that start with # say their purpose");
    options.add("--title", title_, "The page's heading");
    options.add("--about", about_,
                "What the images are; without it: the folder and how it is read");
    options.add("--pictures", pictures_, "Test images to show");
    options.add("--out", out_, "The page");
    options.require("--out");
  }

  int run(const Settings& settings) override {
    require(pictures_ >= 0, "--pictures is a number of images, or 0; got ", pictures_);
    const Checkpoint floating = load_stage(float_run_, Checkpoint::Stage::floating, "--float",
                                           "a float run (integrad train)");
    const Checkpoint quantized = load_stage(quantized_run_, Checkpoint::Stage::quantized,
                                            "--quantized", "a quantised run (integrad quantize)");
    require(floating.model == quantized.model, float_run_.string(), ": holds model ",
            floating.model, ", ", quantized_run_.string(), " holds ", quantized.model);
    const Dataset dataset = inputs().load();
    const std::vector<Sample>& samples = part_of(dataset, "test");
    const Shape shape = samples.front().image.shape();
    const QGraph program = quantized.program(shape.height(), shape.width());

    ReportInput input;
    input.title = title_;
    input.facts = {{"Model", floating.model},
                   {"Data", about_.empty() ? dataset.description : about_},
                   {"Images", std::to_string(dataset.train.size()) + " to train on, " +
                                  std::to_string(samples.size()) + " to test on"},
                   {"Integer arithmetic", quantized.target}};
    input.float_log = load_log(float_run_ / "log.csv");
    input.quantized_log = load_log(quantized_run_ / "log.csv");
    if (!verify_.empty())
      input.verification = with_context(
          verify_.string(), [&] { return verify_report_from_json(read_text(verify_)); });
    input.program = &program;
    input.multiply_accumulates = macs(quantized.graph(shape.height(), shape.width()));
    input.settings = {{"Float training", read_text(float_run_ / "config.json")},
                      {"Quantisation-aware training", read_text(quantized_run_ / "config.json")}};
    input.commands = commands_.empty() ? commands_of_runs() : parse_commands(read_text(commands_));
    input.pictures = pictures_;
    // Last, as they take their time: what does not fit is refused before.
    input.evaluations = {evaluate(floating, samples, Arithmetic::floating),
                         evaluate(quantized, samples, Arithmetic::fake_quant),
                         evaluate(quantized, samples, Arithmetic::integer)};
    input.samples = samples;
    write_report(out_, input);
    if (!settings.quiet) std::cout << summarize(input) << "\n";
    std::cout << out_.string() << "\n";
    return 0;
  }

 private:
  /// The images that the user names, else those of the quantised run.
  RunInputs inputs() const {
    if (options_->given("--data")) return data_.inputs();
    const fs::path file = quantized_run_ / "inputs.json";
    return with_context(file.string(), [&] { return run_inputs_from_json(read_text(file)); });
  }

  /// Both runs again, with the settings that they stored.
  std::vector<NamedText> commands_of_runs() const {
    const RunInputs images = inputs();
    std::string data = " --data " + images.data.string();
    if (images.options.size != 0) data += " --size " + std::to_string(images.options.size);
    const auto run = [&](const fs::path& folder) {
      return data + " --config " + (folder / "config.json").string() + " --out " +
             folder.filename().string();
    };
    return {{"Train in float", "integrad train" + run(float_run_)},
            {"Train on with quantisation", "integrad quantize --model " +
                                               (float_run_ / "model.safetensors").string() +
                                               run(quantized_run_)},
            {"Compare training, integer runner and compiled C",
             "integrad verify --model " + (quantized_run_ / "model.safetensors").string() + data}};
  }

  const Options* options_ = nullptr;
  DataFlags data_;
  fs::path float_run_, quantized_run_, verify_, commands_, out_;
  std::string title_ = "From training to an integer program", about_;
  Index pictures_ = 6;
};

}  // namespace

std::unique_ptr<Command> make_report() {
  return std::make_unique<Report>();
}

}  // namespace integrad::cli
