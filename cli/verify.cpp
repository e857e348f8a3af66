#include "integrad/quant/verify.h"

#include <algorithm>
#include <iostream>
#include <optional>

#include "integrad/cli/data_flags.h"
#include "integrad/cli/table.h"
#include "integrad/quant/process.h"
#include "integrad/tensor/files.h"
#include "integrad/train/checkpoint.h"
#include "integrad/train/loader.h"
#include "integrad/train/progress.h"
#include "integrad/train/scratch_folder.h"
#include "integrad/train/verify_json.h"

namespace integrad::cli {

namespace fs = std::filesystem;

namespace {

class Verify final : public Command {
 public:
  std::string name() const override { return "verify"; }
  std::string summary() const override {
    return "Compare training-time forward, integer runner and compiled C, byte for byte";
  }
  std::string example() const override {
    return "integrad verify --model runs/int8/model.safetensors --data photos --size 256";
  }
  void declare(Options& options) override {
    options.add("--model", model_, "A quantised model file");
    options.require("--model");
    data_.declare(options);
    options.add("--compilers", compilers_, "C compilers; without any: gcc and clang if present");
    options.add("--optimizations", optimizations_, "Compiler flags; without any: -O0,-O3");
    options.add("--emitted", emitted_, "Check this emitted project instead of a fresh one");
    options.add("--keep", keep_, "Keep the emitted and compiled project in this folder");
    options.add("--plan", plan_, "Memory of the emitted project by: layers, rows, recompute");
    options.add("--images", count_, "Compare on the first so many test images; 0: all");
    options.add("--out", out_, "Also write the report to this JSON file");
  }

  int run(const Settings& settings) override {
    require(count_ >= 0, "--images is a number of images, or 0; got ", count_);
    require(emitted_.empty() || keep_.empty(), "--emitted and --keep exclude each other");
    const Checkpoint model = load_checkpoint(model_);
    require(model.stage == Checkpoint::Stage::quantized, model_.string(),
            ": is a float model; integrad quantize makes a quantised one of it");
    VerifyOptions options;
    options.compilers = compilers_.empty() ? compilers_present() : compilers_;
    if (!optimizations_.empty()) options.optimizations = optimizations_;
    for (const std::string& compiler : options.compilers)
      require(on_path(compiler), "there is no program '", compiler,
              "' on PATH: install the Debian package of that compiler (apt-get install gcc), or "
              "name another with --compilers");
    options.emit = emitted_.empty();
    options.plan = find_plan(plan_);
    require(options.emit || fs::exists(emitted_ / "model.c"), "folder '", emitted_.string(),
            "': holds no emitted project (model.c); integrad export makes one");

    const Dataset dataset = data_.load();
    const std::vector<Sample>& samples = part_of(dataset, "test");
    const Shape shape = samples.front().image.shape();
    const auto count =
        count_ == 0 ? samples.size() : std::min(samples.size(), static_cast<std::size_t>(count_));
    for (std::size_t i = 0; i < count; ++i)
      require(samples[i].image.shape() == shape, "the test images differ in size ('",
              samples[i].name, "' is ", samples[i].image.shape(), ", not ", shape,
              "): give --size");

    if (!keep_.empty()) require_empty_folder(keep_, "give --keep a new one");
    std::optional<ScratchFolder> scratch;
    if (options.emit)
      scratch.emplace(keep_.empty() ? fs::temp_directory_path() / "integrad-verify" : keep_);
    options.folder = options.emit ? scratch->path() : emitted_;
    const std::size_t programs = 2 * options.compilers.size() * options.optimizations.size();
    Progress progress("verifying", static_cast<Index>(programs + count));
    options.on_compiled = [&](const std::string& path) { progress.advance(1, "compiled " + path); };
    Verifier verifier(model.folded(shape.height(), shape.width()), model.quantizations(),
                      find_target(model.target), options);
    for (std::size_t i = 0; i < count; ++i) {
      verifier.check(whole_sample(samples[i]).image);
      progress.advance(1, samples[i].name);
    }
    const VerifyReport& report = verifier.report();
    if (!settings.quiet) print_layers(report);
    if (!keep_.empty()) scratch->move_into_target();
    if (!out_.empty()) write_file_atomically(out_, to_json(report));
    std::cout << report.images << " images, " << report.bytes << " bytes compared, "
              << report.differences << " differences\n";
    if (const auto& first = report.first)
      fail("image '", samples[static_cast<std::size_t>(first->image)].name, "', layer '",
           first->layer, "', pixel y ", first->y, " x ", first->x, ", channel ", first->channel,
           ": the training-time forward has ", first->expected, ", ", first->path, " ", first->got);
    return report.differences == 0 ? 0 : 1;
  }

 private:
  static std::vector<std::string> compilers_present() {
    std::vector<std::string> found;
    for (const char* name : {"gcc", "clang"})
      if (on_path(name)) found.emplace_back(name);
    require(!found.empty(),
            "there is no C compiler on PATH to compile the emitted program with: install one "
            "(apt-get install gcc)");
    return found;
  }

  static void print_layers(const VerifyReport& report) {
    Table table({"layer", "operation", "shape", "bytes compared", "differences"}, 3);
    for (const LayerTally& layer : report.layers)
      table.add({layer.name, layer.operation, to_string(layer.shape), cell(layer.bytes),
                 cell(layer.differences)});
    std::cout << table << "training-time forward against:";
    for (const std::string& path : report.paths)
      std::cout << (path == report.paths.front() ? " " : ", ") << path;
    std::cout << "\n";
  }

  fs::path model_, emitted_, keep_, out_;
  DataFlags data_;
  std::vector<std::string> compilers_, optimizations_;
  std::string plan_{kDefaultPlan};
  Index count_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_verify() {
  return std::make_unique<Verify>();
}

}  // namespace integrad::cli
