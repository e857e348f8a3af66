#include <algorithm>

#include "integrad/tensor/files.h"
#include "integrad/train/dataset.h"
#include "integrad/train/progress.h"

namespace integrad {

namespace {

Image black_and_white(const Image& mask) {
  Image result = mask;
  for (std::uint8_t& v : result.values()) v = v == 0 ? 0 : 255;
  return result;
}

/// Sample names may name folders; a file name may not.
std::string flat(std::string name) {
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

}  // namespace

void write_dataset(const std::filesystem::path& folder, const Dataset& dataset) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  require(!error, "folder '", folder.string(), "': cannot be made: ", error.message());
  Progress progress("writing images",
                    static_cast<Index>(dataset.train.size() + dataset.test.size()));
  auto write = [&](const std::string& part, const Sample& sample) {
    check_sample(sample);
    const std::string name = flat(sample.name);
    const std::string stem = name.starts_with(part) ? name : part + name;
    save_png(folder / (stem + ".png"), sample.image);
    save_png(folder / (stem + "_mask.png"), black_and_white(sample.mask));
    save_png(folder / (stem + "_fov.png"), black_and_white(sample.field_of_view));
    progress.advance();
  };
  for (const Sample& sample : dataset.train) write("train_", sample);
  for (const Sample& sample : dataset.test) write("test_", sample);
  write_file_atomically(
      folder / "README.txt",
      "A segmentation data set: " + dataset.description +
          "\n\n"
          "train_NAME.png, test_NAME.png            the images, RGB\n"
          "train_NAME_mask.png, test_NAME_mask.png  the truth: 255 on what is sought, else 0\n"
          "train_NAME_fov.png, test_NAME_fov.png    the field of view: 255 where the camera "
          "sees\n\n" +
          std::to_string(dataset.train.size()) + " images to train on, " +
          std::to_string(dataset.test.size()) + " to test on.\n");
}

}  // namespace integrad
