#include "integrad/train/chase.h"

#include <algorithm>
#include <iterator>

#include "integrad/tensor/parallel.h"
#include "integrad/train/field_of_view.h"
#include "integrad/train/resize.h"

namespace integrad {

namespace {

constexpr Index kWidth = 999, kHeight = 960;
constexpr Crop kCrop{.y = 0, .x = 18, .height = 960, .width = 960};
constexpr int kChildren = 14;
constexpr Index kPhotographs = 2 * kChildren;

struct SplitParts {
  ChaseOptions::Split split;
  const char *name, *meaning;
  Index train, read;  // photographs: the first train, those after them up to `read` test
};
constexpr SplitParts kSplits[] = {
    {ChaseOptions::Split::by_child, "20/8", " (children 01-10 train)", 20, kPhotographs},
    {ChaseOptions::Split::first_eight, "8/20", "", 8, kPhotographs},
    {ChaseOptions::Split::held_out, "16/4", " (children 01-08 train, 09-10 test)", 16, 20},
};

const SplitParts& parts_of(ChaseOptions::Split split) {
  return *std::find_if(std::begin(kSplits), std::end(kSplits),
                       [&](const SplitParts& parts) { return parts.split == split; });
}

/// Image_01L, Image_01R, Image_02L ...: children in order, the left eye first.
std::string photograph_name(Index number) {
  const Index child = number / 2 + 1;
  return std::string("Image_") + (child < 10 ? "0" : "") + std::to_string(child) +
         (number % 2 == 0 ? "L" : "R");
}

Image load_cropped(const std::filesystem::path& path, int channels) {
  const Image image = load_image(path, channels);
  require(image.shape() == Shape{1, kHeight, kWidth, channels}, "image '", path.string(),
          "': CHASE_DB1 images are ", kWidth, " x ", kHeight, "; this one is ",
          image.shape().width(), " x ", image.shape().height());
  return crop(image, kCrop);
}

Sample load_sample(const std::filesystem::path& folder, Index number, const ChaseOptions& options) {
  Sample sample;
  sample.name = photograph_name(number);
  const char* observer = options.observer == 1 ? "_1stHO.png" : "_2ndHO.png";
  const Image image = load_cropped(folder / (sample.name + ".jpg"), 3);
  Image mask = load_cropped(folder / (sample.name + observer), 1);
  for (std::uint8_t& v : mask.values()) v = v > 127 ? 1 : 0;
  sample.image = resize_box(image, options.size, options.size);
  sample.mask = resize_box_mask(mask, options.size, options.size);
  sample.field_of_view = field_of_view(sample.image);
  return sample;
}

}  // namespace

ChaseOptions::Split parse_chase_split(const std::string& text) {
  for (const SplitParts& parts : kSplits)
    if (text == parts.name) return parts.split;
  fail("a CHASE_DB1 split is 20/8, 8/20 or 16/4; got '", text, "'");
}

std::string to_string(ChaseOptions::Split split) {
  return parts_of(split).name;
}

bool is_chase(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(folder / (photograph_name(0) + ".jpg"), ignored);
}

Dataset load_chase(const std::filesystem::path& folder, const ChaseOptions& options) {
  require(options.observer == 1 || options.observer == 2, "CHASE_DB1 has observers 1 and 2; got ",
          options.observer);
  require(options.size >= 1 && options.size <= kCrop.height, "CHASE_DB1 images are read with 1 to ",
          kCrop.height, " pixels a side; got ", options.size);
  const SplitParts& parts = parts_of(options.split);
  std::vector<Sample> samples(static_cast<std::size_t>(parts.read));
  parallel_chunks(parts.read, [&](Index i) {
    samples[static_cast<std::size_t>(i)] = load_sample(folder, i, options);
  });
  Dataset dataset;
  for (Index i = 0; i < parts.read; ++i)
    (i < parts.train ? dataset.train : dataset.test)
        .push_back(std::move(samples[static_cast<std::size_t>(i)]));
  const std::string size = std::to_string(options.size);
  dataset.description = std::string("CHASE_DB1, split ") + parts.name + parts.meaning +
                        ", observer " + std::to_string(options.observer) + ", columns 18-977, " +
                        size + " x " + size;
  return dataset;
}

}  // namespace integrad
