#include <iostream>
#include <set>

#include "integrad/cli/command.h"
#include "integrad/cli/model_files.h"
#include "integrad/nn/models/registry.h"
#include "integrad/tensor/files.h"
#include "integrad/train/evaluate.h"
#include "integrad/train/overlay.h"
#include "integrad/train/photograph.h"
#include "integrad/train/progress.h"
#include "integrad/train/scratch_folder.h"

namespace integrad::cli {

namespace fs = std::filesystem;

namespace {

class Predict final : public Command {
 public:
  std::string name() const override { return "predict"; }
  std::string summary() const override { return "Draw what a model sees in images"; }
  std::string example() const override {
    return "integrad predict --model runs/int8 eye.jpg --size 256 --out seen";
  }
  void declare(Options& options) override {
    options.add("images", images_, "JPEG, PNG, PGM or PPM files");
    options.require("images");
    options.add("--model", model_,
                "A model file or a folder of one; a quantised one computes in integers");
    options.require("--model");
    options.add("--out", out_, "Folder for NAME_mask.png and NAME_overlay.png");
    options.add("--size", size_, "Pixels a side to resize to; 0: as the image is");
    options.add(
        "--field-of-view", field_of_view_,
        "Find the retina and scale it to this diameter in pixels, that of the images which "
        "the model was trained on; 0: the model folder says, else the image is taken whole");
    options.add("--force", force_, "Replace files that are there");
  }

  int run(const Settings& settings) override {
    const Checkpoint model = load_checkpoint(model_file(model_));
    require(size_ >= 0 && size_ <= kLargestFrame, "--size is a number of pixels up to ",
            kLargestFrame, ", or 0; got ", size_);
    require(field_of_view_ >= 0 && field_of_view_ <= kLargestFrame,
            "--field-of-view is a number of pixels up to ", kLargestFrame, ", or 0; got ",
            field_of_view_);
    check_names();
    const Arithmetic arithmetic =
        model.stage == Checkpoint::Stage::quantized ? Arithmetic::integer : Arithmetic::floating;
    const Index multiple = find_model(model.model).side_multiple * shrink_of(model);
    const Index diameter =
        field_of_view_ != 0 || size_ != 0 ? field_of_view_ : published_field_of_view(model_);
    ScratchFolder scratch(out_);
    Progress progress("predicting", static_cast<Index>(images_.size()));
    for (const std::string& path : images_) {
      const Image image = load_image(path, 3);
      const Image mask = with_context(path, [&] {
        const Framing framing = diameter != 0 ? frame_retina(image, diameter, multiple)
                                              : frame_whole(image.shape(), size_, multiple);
        return mask_on_photograph(predict(model, in_unit_range(framed(image, framing)), arithmetic),
                                  framing);
      });
      const std::string stem = fs::path(path).stem().string();
      save_png(scratch.path() / (stem + "_mask.png"), mask);
      save_png(scratch.path() / (stem + "_overlay.png"), overlay(image, mask));
      progress.advance();
    }
    scratch.move_into_target();
    if (!settings.quiet)
      std::cout << images_.size() << " masks and overlays (" << name_of(arithmetic) << ") in "
                << out_.string() << "\n";
    return 0;
  }

 private:
  /// Nothing is computed before it is clear where everything goes.
  void check_names() const {
    std::set<std::string> stems;
    for (const std::string& path : images_) {
      const std::string stem = fs::path(path).stem().string();
      require(stems.insert(stem).second, "two images are called '", stem,
              "': predict them into different folders");
      for (const char* ending : {"_mask.png", "_overlay.png"}) {
        const fs::path file = out_ / (stem + ending);
        std::error_code error;
        require(force_ || !fs::exists(file, error), "file '", file.string(),
                "': exists already; --force replaces it");
      }
    }
  }

  std::vector<std::string> images_;
  fs::path model_, out_ = "predictions";
  Index size_ = 0, field_of_view_ = 0;
  bool force_ = false;
};

}  // namespace

std::unique_ptr<Command> make_predict() {
  return std::make_unique<Predict>();
}

}  // namespace integrad::cli
