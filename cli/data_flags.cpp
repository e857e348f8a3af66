#include "integrad/cli/data_flags.h"

#include "integrad/tensor/error.h"

namespace integrad::cli {

void DataFlags::declare(Options& options) {
  options.add("--data", inputs_.data, "Folder of images and masks, or of CHASE_DB1");
  options.add("--size", inputs_.options.size,
              "Pixels a side to resize to; 0: as the files are (CHASE_DB1: 960)");
  options.add("--split", split_, "CHASE_DB1: train/test photographs, 20/8 or 8/20");
  options.add("--observer", inputs_.options.chase_observer,
              "CHASE_DB1: whose drawing is the truth, 1 or 2");
  FolderOptions& folder = inputs_.options.folder;
  options.add("--image-pattern", folder.image_pattern,
              "Which files are images; * is any text without /, ** any text");
  options.add("--mask-pattern", folder.mask_pattern, "An image's mask");
  options.add("--fov-pattern", folder.field_of_view_pattern, "An image's field of view, if any");
  options.add("--mask-threshold", folder.mask_threshold, "A mask is set above this, of 255");
  options.add("--test-pattern", folder.test,
              "Patterns of the names to test on; without any: test_*, else the last ones");
  options.add("--test-fraction", folder.test_fraction,
              "Share of the images to test on when no name says so");
}

RunInputs DataFlags::inputs() const {
  require(!inputs_.data.empty(), "which images? Give --data DIR");
  RunInputs result = inputs_;
  result.options.chase_split = parse_chase_split(split_);
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
