#include "integrad/train/dataset.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <set>

#include "integrad/tensor/files.h"
#include "integrad/tensor/parallel.h"
#include "integrad/tests/support/temporary_folder.h"
#include "integrad/train/detect.h"
#include "integrad/train/field_of_view.h"
#include "integrad/train/metrics.h"
#include "integrad/train/resize.h"
#include "integrad/train/synthetic.h"

using namespace integrad;

namespace {

bool same(const Image& a, const Image& b) {
  return a.shape() == b.shape() && std::equal(a.begin(), a.end(), b.begin());
}

void save_pair(const TemporaryFolder& folder, const std::string& stem, Index height = 6,
               Index width = 8, std::uint8_t mask_value = 255) {
  std::filesystem::create_directories((folder / stem).parent_path());
  save_png(folder / (stem + ".png"), Image(Shape{1, height, width, 3}, 90));
  Image mask(Shape{1, height, width, 1});
  mask[1] = mask_value;
  save_png(folder / (stem + "_mask.png"), mask);
}

std::set<std::string> names(const std::vector<Sample>& samples) {
  std::set<std::string> result;
  for (const Sample& sample : samples) result.insert(sample.name);
  return result;
}

/// Where the real data is, or nothing: INTEGRAD_CHASE_DB1, or beside the source folder.
std::filesystem::path chase_folder() {
  if (const char* named = std::getenv("INTEGRAD_CHASE_DB1")) return named;
  for (const char* relative :
       {"/../shared/datasets/chase_db1", "/../../shared/datasets/chase_db1"}) {
    const std::filesystem::path beside = std::string(INTEGRAD_SOURCE_DIR) + relative;
    if (is_chase(beside)) return beside;
  }
  return {};
}

}  // namespace

TEST_CASE("patterns: one star stays within a folder, two cross it") {
  CHECK(matches_pattern("*.png", "a.png"));
  CHECK(matches_pattern("*.png", ".png"));
  CHECK_FALSE(matches_pattern("*.png", "x/a.png"));
  CHECK(matches_pattern("**.png", "x/y/a.png"));
  CHECK(matches_pattern("images/*_t*.jpg", "images/a_t_b.jpg"));
  CHECK_FALSE(matches_pattern("a", "ab"));
  CHECK_FALSE(matches_pattern("ab", "a"));
  CHECK(matches_pattern("", ""));
}

TEST_CASE("a folder of pairs is read in the order of names, its last part for testing") {
  const TemporaryFolder folder;
  for (const char* stem : {"b", "sub/d", "a", "c", "e"}) save_pair(folder, stem);
  const Dataset dataset = load_folder(folder.path());
  REQUIRE(dataset.train.size() == 4);
  CHECK(dataset.train[0].name == "a");
  CHECK(names(dataset.test) == std::set<std::string>{"sub/d"});
  CHECK(dataset.train[1].mask[1] == 1);
  CHECK(dataset.train[1].mask[0] == 0);
  CHECK(dataset.train[1].field_of_view[0] == 1);
  FolderOptions options;
  options.test = {"a", "sub/*"};
  CHECK(names(load_folder(folder.path(), options).test) == std::set<std::string>{"a", "sub/d"});
  options.test = {"nobody"};
  CHECK_THROWS_AS(load_folder(folder.path(), options), Error);
}

TEST_CASE("images and masks may lie in different folders, and be resized") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "images");
  std::filesystem::create_directories(folder / "truth");
  save_png(folder / "images/x.png", Image(Shape{1, 6, 8, 3}, 90));
  save_png(folder / "truth/x_gt.png", Image(Shape{1, 6, 8, 1}, 255));
  FolderOptions options;
  options.image_pattern = "images/*.png";
  options.mask_pattern = "truth/{stem}_gt.png";
  options.test_fraction = 0;
  options.height = 3;
  options.width = 4;
  const Dataset dataset = load_folder(folder.path(), options);
  REQUIRE(dataset.train.size() == 1);
  CHECK(dataset.train[0].name == "images/x");
  CHECK(dataset.train[0].mask.shape() == Shape{1, 3, 4, 1});
  CHECK(dataset.train[0].mask[11] == 1);
}

TEST_CASE("faulty folders are refused, with the files' names") {
  const TemporaryFolder folder;
  auto refusal = [&] { return message_of<Error>([&] { load_dataset(folder.path()); }); };
  CHECK(refusal().find("holds no image") != std::string::npos);
  CHECK_THROWS_AS(load_dataset(folder / "missing"), Error);
  save_pair(folder, "good");
  save_png(folder / "lonely.png", Image(Shape{1, 6, 8, 3}));
  CHECK(refusal().find("lonely_mask.png") != std::string::npos);
  save_png(folder / "lonely_mask.png", Image(Shape{1, 8, 6, 1}));
  CHECK(refusal().find("lonely_mask.png' is 6 x 8") != std::string::npos);
  CHECK(refusal().find("lonely.png' 8 x 6") != std::string::npos);
  // A mask of 0 and 1 would vanish at the usual threshold.
  save_pair(folder, "lonely", 6, 8, 1);
  CHECK(refusal().find("lower the threshold") != std::string::npos);
  DatasetOptions options;
  options.folder.mask_threshold = 0;
  CHECK(load_dataset(folder.path(), options).test[0].mask[1] == 1);
  write_file_atomically(folder / "lonely.png", "no image");
  CHECK(refusal().find("lonely.png") != std::string::npos);
}

TEST_CASE("a data set that was written is read back as it was") {
  const TemporaryFolder folder;
  const Dataset made = make_synthetic(4, 48, 3, 2);
  write_dataset(folder / "set", made);
  const Dataset back = load_dataset(folder / "set");
  REQUIRE((back.train.size() == 3 && back.test.size() == 2));
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(back.train[i].name == made.train[i].name);
    CHECK(same(back.train[i].image, made.train[i].image));
    CHECK(same(back.train[i].mask, made.train[i].mask));
    CHECK(same(back.train[i].field_of_view, made.train[i].field_of_view));
  }
  CHECK(std::filesystem::file_size(folder / "set/README.txt") > 100);
  write_file_atomically(folder / "file", "in the way");
  CHECK_THROWS_AS(write_dataset(folder / "file", made), Error);
}

TEST_CASE("synthetic images: repeatable, distinct, with the promised share of vessels") {
  for (Index size : {32, 96, 200}) {
    const Dataset dataset = make_synthetic(1, size, 3, 1);
    for (const Sample& sample : dataset.train) {
      check_sample(sample);
      Index vessels = 0, outside = 0;
      for (Index i = 0; i < sample.mask.size(); ++i) {
        vessels += sample.mask[i];
        outside += sample.mask[i] != 0 && sample.field_of_view[i] == 0 ? 1 : 0;
      }
      const double share = static_cast<double>(vessels) / static_cast<double>(sample.mask.size());
      CHECK((share > 0.06 && share < 0.12));
      CHECK(outside == 0);
      CHECK(sample.field_of_view(0, 0, 0, 0) == 0);
      CHECK(sample.field_of_view(0, size / 2, size / 2, 0) == 1);
    }
    const int before = threads();
    set_threads(3);
    const Dataset again = make_synthetic(1, size, 2, 1);
    set_threads(before);
    CHECK(same(again.train[1].image, dataset.train[1].image));
    CHECK(same(again.test[0].image, dataset.test[0].image));
    CHECK_FALSE(same(dataset.train[0].image, dataset.train[1].image));
    CHECK_FALSE(same(dataset.train[0].image, dataset.test[0].image));
    CHECK_FALSE(same(make_synthetic(2, size, 1, 0).train[0].image, dataset.train[0].image));
  }
  CHECK_THROWS_AS(make_synthetic(1, 31, 1, 1), Error);
  CHECK_THROWS_AS(make_synthetic(1, 64, -1, 1), Error);
}

TEST_CASE("synthetic vessels are darker than the retina around them, at any size") {
  for (Index size : {48, 128, 256}) {
    const Sample sample = make_synthetic(1, size, 1, 0).train[0];
    int darker = 0, vessels = 0;
    for (Index y = 5; y < size - 5; ++y)
      for (Index x = 5; x < size - 5; ++x) {
        if (sample.mask(0, y, x, 0) == 0) continue;
        int sum = 0, count = 0;  // of green, over the retina nearby
        for (Index v = y - 5; v <= y + 5; ++v)
          for (Index u = x - 5; u <= x + 5; ++u) {
            if (sample.mask(0, v, u, 0) != 0 || sample.field_of_view(0, v, u, 0) == 0) continue;
            sum += sample.image(0, v, u, 1);
            ++count;
          }
        if (count < 20) continue;
        ++vessels;
        darker += sample.image(0, y, x, 1) * count < sum ? 1 : 0;
      }
    const double share = static_cast<double>(darker) / vessels;
    CAPTURE(size);
    CAPTURE(share);
    CHECK(share > 0.85);
  }
}

TEST_CASE("the largest component wins, by edges and not by corners") {
  const Image mask(Shape{1, 3, 5, 1}, {1, 1, 0, 0, 1,  //
                                       1, 0, 0, 1, 1,  //
                                       0, 1, 0, 1, 0});
  const Image largest = largest_component(mask);
  CHECK(same(largest, Image(Shape{1, 3, 5, 1}, {0, 0, 0, 0, 1,  //
                                                0, 0, 0, 1, 1,  //
                                                0, 0, 0, 1, 0})));
  CHECK(same(largest_component(Image(Shape{1, 2, 2, 1})), Image(Shape{1, 2, 2, 1})));
}

TEST_CASE("the computed field of view finds the synthetic one") {
  const Sample sample = make_synthetic(7, 200, 1, 0).train[0];
  const Image found = field_of_view(sample.image);
  CHECK(confusion(found.values(), sample.field_of_view.values()).dice() > 0.99);
}

TEST_CASE("CHASE_DB1: options are checked, incomplete folders refused by name") {
  CHECK(parse_chase_split("8/20") == ChaseOptions::Split::first_eight);
  CHECK_THROWS_AS(parse_chase_split("20-8"), Error);
  for (const char* split : {"20/8", "8/20", "16/4"})
    CHECK(to_string(parse_chase_split(split)) == split);
  const TemporaryFolder folder;
  CHECK_FALSE(is_chase(folder.path()));
  CHECK(message_of<Error>([&] { load_chase(folder.path()); }).find("Image_01L.jpg") !=
        std::string::npos);
  save_png(folder / "Image_01L.jpg", Image(Shape{1, 9, 9, 3}));
  CHECK(is_chase(folder.path()));
  CHECK(message_of<Error>([&] { load_dataset(folder.path()); }).find("999 x 960") !=
        std::string::npos);
  CHECK_THROWS_AS(load_chase(folder.path(), {.observer = 3}), Error);
  CHECK_THROWS_AS(load_chase(folder.path(), {.size = 961}), Error);
}

TEST_CASE("CHASE_DB1: splits, crop, sizes and the second observer's published figure") {
  const std::filesystem::path folder = chase_folder();
  if (folder.empty()) {
    MESSAGE("skipped: CHASE_DB1 is not here; INTEGRAD_CHASE_DB1 names its folder");
    return;
  }
  const Dataset dataset = load_dataset(folder);
  REQUIRE((dataset.train.size() == 20 && dataset.test.size() == 8));
  CHECK(dataset.train[19].name == "Image_10R");
  CHECK(dataset.test[0].name == "Image_11L");
  for (const Sample& sample : dataset.test) {
    check_sample(sample);
    CHECK(sample.image.shape() == Shape{1, 960, 960, 3});
    Index view = 0;
    for (std::uint8_t v : sample.field_of_view.values()) view += v;
    CHECK((view > 600000 && view < 700000));  // of 921,600: a disc that nearly fills the crop
  }
  const Image original = load_image(folder / "Image_11L.jpg", 3);
  CHECK(original(0, 300, 18, 1) == dataset.test[0].image(0, 300, 0, 1));

  const Dataset small =
      load_chase(folder, {.split = ChaseOptions::Split::first_eight, .observer = 2, .size = 100});
  REQUIRE((small.train.size() == 8 && small.test.size() == 20));
  CHECK(small.train[7].name == "Image_04R");
  CHECK(small.train[0].image.shape() == Shape{1, 100, 100, 3});

  const Dataset held_out =
      load_chase(folder, {.split = ChaseOptions::Split::held_out, .size = 100});
  REQUIRE((held_out.train.size() == 16 && held_out.test.size() == 4));
  CHECK(held_out.train[15].name == "Image_08R");
  CHECK(held_out.test[0].name == "Image_09L");
  CHECK(held_out.test[3].name == "Image_10R");

  Confusion pooled;
  for (std::size_t i = 0; i < 8; ++i) {
    Image drawn =
        crop(load_image(folder / (dataset.test[i].name + "_2ndHO.png"), 1), {0, 18, 960, 960});
    pooled += confusion(drawn.values(), dataset.test[i].mask.values());
    for (std::uint8_t& v : drawn.values()) v = v != 0 ? 1 : 0;
    CHECK(same(resize_box_mask(drawn, 100, 100), small.test[12 + i].mask));
  }
  CHECK(pooled.dice() == doctest::Approx(0.797).epsilon(0.001));
}
