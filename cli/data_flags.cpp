#include "integrad/cli/data_flags.h"

#include "integrad/tensor/error.h"

namespace integrad::cli {

void DataFlags::declare(Options& options) {
  options_ = &options;
  // Each flag binds a part of inputs_; those that were given are copied from there.
  const auto add = [&](const std::string& flag, auto access, const std::string& help) {
    options.add(flag, access(inputs_), help);
    setters_.push_back([this, flag, access](RunInputs& inputs) {
      if (options_->given(flag)) access(inputs) = access(inputs_);
    });
  };
  using I = RunInputs;
  add(
      "--data", [](I & i) -> auto& { return i.data; },
      "Folder of images and masks, of CHASE_DB1 or of a Decathlon task");
  add(
      "--size", [](I & i) -> auto& { return i.options.size; },
      "Pixels a side to resize to; 0: as the files are (CHASE_DB1: 960)");
  options.add("--split", split_,
              "CHASE_DB1: train/test photographs, 20/8, 8/20, or 16/4 of 20/8's training part");
  add(
      "--observer", [](I & i) -> auto& { return i.options.chase_observer; },
      "CHASE_DB1: whose drawing is the truth, 1 or 2");
  add(
      "--axis", [](I & i) -> auto& { return i.options.decathlon.axis; },
      "Decathlon: volumes are cut across x, y or z: 0, 1 or 2");
  add(
      "--modality", [](I & i) -> auto& { return i.options.decathlon.modality; },
      "Decathlon: which modality of 4-D volumes");
  add(
      "--label", [](I & i) -> auto& { return i.options.decathlon.label; },
      "Decathlon: which label is sought; 0: any");
  add(
      "--hold-out", [](I & i) -> auto& { return i.options.decathlon.hold_out; },
      "Decathlon: test on a quarter of the training volumes, to choose settings");
  add(
      "--foreground-only", [](I & i) -> auto& { return i.options.decathlon.foreground_only; },
      "Decathlon: leave out slices without the label");
  add(
      "--volume-seed", [](I & i) -> auto& { return i.options.decathlon.seed; },
      "Decathlon: which volumes are for testing");
  add(
      "--image-pattern", [](I & i) -> auto& { return i.options.folder.image_pattern; },
      "Which files are images; * is any text without /, ** any text");
  add(
      "--mask-pattern", [](I & i) -> auto& { return i.options.folder.mask_pattern; },
      "An image's mask");
  add(
      "--fov-pattern", [](I & i) -> auto& { return i.options.folder.field_of_view_pattern; },
      "An image's field of view, if any");
  add(
      "--mask-threshold", [](I & i) -> auto& { return i.options.folder.mask_threshold; },
      "A mask is set above this, of 255");
  add(
      "--test-pattern", [](I & i) -> auto& { return i.options.folder.test; },
      "Patterns of the names to test on; without any: test_*, else the last ones");
  add(
      "--test-fraction", [](I & i) -> auto& { return i.options.folder.test_fraction; },
      "Share of the images to test on when no name says so");
}

RunInputs DataFlags::inputs() const {
  require(!inputs_.data.empty(), "which images? Give --data DIR");
  RunInputs result = inputs_;
  result.options.chase_split = parse_chase_split(split_);
  return result;
}

RunInputs DataFlags::inputs_over(const std::optional<RunInputs>& stored) const {
  if (!stored) return inputs();
  RunInputs result = *stored;
  for (const auto& set : setters_) set(result);
  if (options_->given("--split")) result.options.chase_split = parse_chase_split(split_);
  return result;
}

bool DataFlags::has_second_observer() const {
  return is_chase(inputs_.data) && inputs_.options.chase_observer == 1;
}

Dataset DataFlags::load_second_observer() const {
  RunInputs second = inputs();
  second.options.chase_observer = 2;
  return second.load();
}

const std::vector<Sample>& part_of(const Dataset& dataset, const std::string& part) {
  require(part == "train" || part == "test", "--part is train or test; got '", part, "'");
  const std::vector<Sample>& samples = part == "train" ? dataset.train : dataset.test;
  require(!samples.empty(), "the data set has no images in its ", part, " part (",
          dataset.description, ")");
  return samples;
}

}  // namespace integrad::cli
