#include "integrad/train/chase.h"

#include "integrad/tensor/parallel.h"
#include "integrad/train/field_of_view.h"
#include "integrad/train/resize.h"

namespace integrad {

namespace {

constexpr Index kWidth = 999, kHeight = 960;
constexpr Crop kCrop{.y = 0, .x = 18, .height = 960, .width = 960};
constexpr int kChildren = 14;
constexpr Index kPhotographs = 2 * kChildren;

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
  if (text == "20/8") return ChaseOptions::Split::by_child;
  if (text == "8/20") return ChaseOptions::Split::first_eight;
  fail("a CHASE_DB1 split is 20/8 or 8/20; got '", text, "'");
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
  std::vector<Sample> samples(kPhotographs);
  parallel_chunks(kPhotographs, [&](Index i) {
    samples[static_cast<std::size_t>(i)] = load_sample(folder, i, options);
  });
  const bool by_child = options.split == ChaseOptions::Split::by_child;
  const Index train = by_child ? 20 : 8;
  Dataset dataset;
  for (Index i = 0; i < kPhotographs; ++i)
    (i < train ? dataset.train : dataset.test)
        .push_back(std::move(samples[static_cast<std::size_t>(i)]));
  const std::string size = std::to_string(options.size);
  dataset.description =
      "CHASE_DB1, split " + std::string(by_child ? "20/8 (children 01-10 train)" : "8/20") +
      ", observer " + std::to_string(options.observer) + ", columns 18-977, " + size + " x " + size;
  return dataset;
}

}  // namespace integrad
