#include "integrad/quant/verify.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
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
    options.add("--device", devices_, "Also on emulated cores: " + all_devices());
    options.add("--optimizations", optimizations_,
                "Compiler flags; without any: -O0,-O3, and -O2 for devices");
    options.add("--count", counts_, "Count each layer's instructions on the devices");
    options.add("--time-limit", limit_, "Seconds for a program and an image, then it has failed");
    options.add("--emitted", emitted_, "Check this emitted project instead of a fresh one");
    options.add("--keep", keep_, "Keep the emitted and compiled project in this folder");
    options.add("--plan", plan_, "Memory of the emitted project by: layers, rows, recompute");
    options.add("--export", format_, "Form of the emitted project: c, cmsis-nn");
    options.add("--cmsis-nn", cmsis_nn_,
                "Folder of CMSIS-NN for --export cmsis-nn; without any: the variable CMSIS_NN_DIR");
    options.add("--images", count_, "Compare on the first so many test images; 0: all");
    options.add("--out", out_, "Also write the report to this JSON file");
  }

  int run(const Settings& settings) override {
    require(count_ >= 0, "--images is a number of images, or 0; got ", count_);
    require(emitted_.empty() || keep_.empty(), "--emitted and --keep exclude each other");
    const Checkpoint model = load_checkpoint(model_);
    require(model.stage == Checkpoint::Stage::quantized, model_.string(),
            ": is a float model; integrad quantize makes a quantised one of it");
    VerifyOptions options = ways();
    options.emit = emitted_.empty();
    options.plan = find_plan(plan_);
    options.cmsis_nn = cmsis_nn();
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
    const std::size_t programs =
        2 * options.compilers.size() * options.optimizations.size() +
        (counts_ ? 3 : 2) * options.devices.size() * options.device_optimizations.size();
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
    if (counts_) print_counts(report);
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
  static std::string all_devices() {
    std::string names;
    for (const Device& device : devices()) names += (names.empty() ? "" : ",") + device.name;
    return names;
  }

  /// With what to compile and where to run.
  VerifyOptions ways() const {
    VerifyOptions options;
    options.compilers = compilers_.empty() ? compilers_present() : compilers_;
    options.devices = devices_;
    if (!optimizations_.empty())
      options.optimizations = options.device_optimizations = optimizations_;
    require(limit_ > 0 && limit_ <= kLongest, "--time-limit is a number of seconds from 1 to ",
            kLongest, "; got ", limit_);
    options.limit = std::chrono::seconds(limit_);
    options.count = counts_;
    require(!counts_ || !devices_.empty(),
            "--count counts on emulated cores: name them with --device");
    require(!options.compilers.empty() || !devices_.empty(),
            "there is no C compiler on PATH to compile the emitted program with: install one "
            "(apt-get install gcc)");
    return options;
  }

  /// Empty when the emitted project does without.
  fs::path cmsis_nn() const {
    require(format_ == "c" || format_ == "cmsis-nn", "--export is c or cmsis-nn; got '", format_,
            "'");
    if (format_ == "c") {
      require(cmsis_nn_.empty(), "--cmsis-nn is for --export cmsis-nn");
      return {};
    }
    require(plan_ == kDefaultPlan,
            "--plan is for --export c: CMSIS-NN computes one layer after the other");
    if (!cmsis_nn_.empty()) return cmsis_nn_;
    const char* named = std::getenv("CMSIS_NN_DIR");
    require(named != nullptr && *named != '\0',
            "--export cmsis-nn needs a CMSIS-NN to build with: name its folder with --cmsis-nn or "
            "in CMSIS_NN_DIR");
    return named;
  }

  static std::vector<std::string> compilers_present() {
    std::vector<std::string> found;
    for (const char* name : {"gcc", "clang"})
      if (on_path(name)) found.emplace_back(name);
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

  static void print_counts(const VerifyReport& report) {
    std::vector<std::string> header{"layer", "operation", "MACs"};
    for (const InstructionCount& count : report.counts) {
      header.push_back(count.path);
      header.emplace_back("per MAC or output");
    }
    Table table(header, 2);
    for (std::size_t id = 1; id < report.layers.size(); ++id) {
      const LayerTally& layer = report.layers[id];
      std::vector<std::string> row{layer.name, layer.operation,
                                   layer.macs > 0 ? cell(layer.macs) : "-"};
      for (const InstructionCount& count : report.counts) {
        row.push_back(cell(count.layers[id]));
        row.push_back(cell(instructions_per_unit(layer, count.layers[id]), 2) +
                      (layer.macs > 0 ? " /MAC" : " /output"));
      }
      table.add(row);
    }
    const auto macs = static_cast<double>(report.macs());
    std::vector<std::string> row{"all layers", "", cell(report.macs())};
    for (const InstructionCount& count : report.counts) {
      row.push_back(cell(count.total()));
      row.push_back(cell(static_cast<double>(count.total()) / macs, 2) + " /MAC");
    }
    table.add(row);
    std::cout << "\ninstructions (not cycles) for the first image:\n" << table << "\n";
  }

  static constexpr Index kLongest = 1000000;

  fs::path model_, emitted_, keep_, out_, cmsis_nn_;
  DataFlags data_;
  std::vector<std::string> compilers_, devices_, optimizations_;
  std::string plan_{kDefaultPlan}, format_ = "c";
  Index count_ = 0, limit_ = VerifyOptions{}.limit.count();
  bool counts_ = false;
};

}  // namespace

std::unique_ptr<Command> make_verify() {
  return std::make_unique<Verify>();
}

}  // namespace integrad::cli
