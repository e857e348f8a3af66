#include <algorithm>
#include <iostream>

#include "integrad/cli/command.h"
#include "integrad/cli/table.h"
#include "integrad/quant/emitted_program.h"
#include "integrad/quant/export_cmsis.h"
#include "integrad/tensor/files.h"
#include "integrad/train/checkpoint.h"
#include "integrad/train/scratch_folder.h"
#include "integrad/train/tflite/export.h"

namespace integrad::cli {

namespace {

class Export final : public Command {
 public:
  std::string name() const override { return "export"; }
  std::string summary() const override { return "Print a quantised model as a program"; }
  std::string example() const override {
    return "integrad export --model runs/int8/model.safetensors --format c --size 32 --out device";
  }
  void declare(Options& options) override {
    options.add("--model", model_, "A quantised model file");
    options.require("--model");
    options.add("--format", format_,
                "c: a C99 project without dependencies; cmsis-nn: one that calls Arm's CMSIS-NN; "
                "tflite: a model file for TensorFlow Lite Micro");
    options.add("--out", out_, "Folder for the files");
    options.require("--out");
    options.add("--size", size_, "Side of the device's image in pixels; 0: as trained");
    options.add("--plan", plan_,
                "Memory by: layers (one after the other), rows (together, row by row, where that "
                "saves memory), recompute (layers of the image computed anew for late readers)");
    options.add("--force", force_, "Write into a folder that holds files");
  }

  int run(const Settings& settings) override {
    const bool calls = format_ == "cmsis-nn";
    require(calls || format_ == "c" || format_ == "tflite",
            "--format is c, cmsis-nn or tflite; got '", format_, "'");
    require(!calls || plan_ == kDefaultPlan,
            "--plan is for --format c: CMSIS-NN computes one layer after the other");
    require(size_ >= 0, "--size is a number of pixels, or 0; got ", size_);
    if (!force_) require_empty_folder(out_, "--force replaces those of the same names");
    const PlanOptions plan = find_plan(plan_);
    const Checkpoint model = load_checkpoint(model_);
    const QGraph program = with_context(model_.string(), [&] {
      return model.program(size_ == 0 ? model.height : size_, size_ == 0 ? model.width : size_);
    });
    const std::vector<EmittedFile> files = with_context(model_.string(), [&] {
      if (calls) return export_cmsis(program);
      return format_ == "c" ? export_c(program, plan) : export_tflite(program);
    });
    ScratchFolder scratch(out_);
    write_files(scratch.path(), files);
    scratch.move_into_target();
    if (settings.quiet) return 0;

    Table table({"file", "bytes"}, 1);
    for (const EmittedFile& file : files)
      table.add({(out_ / file.path).string(), cell(file.text.size())});
    std::cout << table << "input " << program.nodes.front().shape << ", output "
              << program.nodes.back().shape << ", rounding " << program.target.name << "\n";
    if (format_ == "tflite") return 0;  // the interpreter plans its own memory
    std::cout << "flash " << constant_bytes(program) << " bytes of constants, arena ";
    if (calls) {
      const char* between = "";
      for (const CmsisCore core : kCmsisCores) {
        std::cout << between << cmsis_footprint(program, core).arena_bytes << " bytes ("
                  << name_of(core) << ")";
        between = ", ";
      }
      std::cout << "\n";
    } else {
      std::cout << footprint(program, plan).arena_bytes << " bytes\n";
    }
    return 0;
  }

 private:
  std::filesystem::path model_, out_;
  std::string format_ = "c", plan_{kDefaultPlan};
  Index size_ = 0;
  bool force_ = false;
};

}  // namespace

std::unique_ptr<Command> make_export() {
  return std::make_unique<Export>();
}

}  // namespace integrad::cli
