#include "integrad/train/decathlon.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "integrad/tests/support/nifti_file.h"
#include "integrad/tests/support/temporary_folder.h"
#include "integrad/tests/support/tensors.h"
#include "integrad/train/detect.h"

using namespace integrad;
using namespace integrad::testing;

namespace {

constexpr Index kX = 5, kY = 4, kZ = 3;

void write(const std::filesystem::path& path, const FileBytes& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
}

/// Values that say where they are: x + 10 y + 100 z, plus 1000 for each modality.
FileBytes image(Index modalities, bool swapped) {
  NiftiFile file(swapped);
  std::vector<std::int16_t> extents{kX, kY, kZ};
  if (modalities > 1) extents.push_back(static_cast<std::int16_t>(modalities));
  file.dims(extents);
  file.type(16, 32);
  std::vector<float> values;
  for (Index m = 0; m < modalities; ++m)
    for (Index z = 0; z < kZ; ++z)
      for (Index y = 0; y < kY; ++y)
        for (Index x = 0; x < kX; ++x)
          values.push_back(static_cast<float>(x + 10 * y + 100 * z + 1000 * m));
  file.voxels(values);
  return file.bytes;
}

/// Label 1 at (1,2,1), label 2 at (3,0,1).
FileBytes label() {
  NiftiFile file;
  file.dims({kX, kY, kZ});
  file.type(2, 8);
  std::vector<std::uint8_t> values(kX * kY * kZ);
  values[static_cast<std::size_t>((1 * kY + 2) * kX + 1)] = 1;
  values[static_cast<std::size_t>((1 * kY + 0) * kX + 3)] = 2;
  file.voxels(values);
  return file.bytes;
}

void write_task(const std::filesystem::path& folder, int volumes, Index modalities = 1) {
  for (int i = 0; i < volumes; ++i) {
    const std::string name = "case_" + std::to_string(i), plain = name + ".nii";
    // Both byte orders; compressed or not, images and labels by turns.
    const FileBytes bytes = image(modalities, i % 2 == 1);
    if (i % 2 == 0)
      write(folder / "imagesTr" / (plain + ".gz"), gzipped(bytes));
    else
      write(folder / "imagesTr" / plain, bytes);
    if (i % 3 == 0)
      write(folder / "labelsTr" / plain, label());
    else
      write(folder / "labelsTr" / (plain + ".gz"), gzipped(label()));
  }
  write(folder / "imagesTr" / "._case_0.nii.gz", FileBytes(7));  // as some archives have
}

std::set<std::string> volumes_of(const std::vector<Sample>& samples) {
  std::set<std::string> names;
  for (const Sample& sample : samples) names.insert(sample.name.substr(0, sample.name.find('/')));
  return names;
}

Index set_points(const Image& mask) {
  Index count = 0;
  for (const std::uint8_t v : mask.values()) count += v;
  return count;
}

}  // namespace

TEST_CASE("Decathlon: slices lie in the middle of the square, values between the percentiles") {
  const TemporaryFolder folder;
  write_task(folder.path(), 5);
  CHECK(is_decathlon(folder.path()));
  DatasetOptions options;
  options.size = 8;
  const Dataset dataset = load_dataset(folder.path(), options);
  REQUIRE((dataset.train.size() == 4 * kZ && dataset.test.size() == kZ));
  const Sample& middle = dataset.train[1];
  check_sample(middle);
  CHECK(middle.name.ends_with("/1"));
  REQUIRE(middle.image.shape() == Shape{1, 8, 8, 3});
  // Across z: rows are y, columns x; 4 x 5 in 8 x 8 begins at (2,1).
  CHECK(set_points(middle.mask) == 2);
  CHECK(middle.mask(0, 2 + 2, 1 + 1, 0) == 1);
  CHECK(middle.mask(0, 2 + 0, 1 + 3, 0) == 1);
  CHECK(middle.image(0, 0, 0, 0) == 0);
  // 60 values: the 1st percentile is number 0 (value 0), the 99th number 58 (value 233).
  CHECK(middle.image(0, 2 + 2, 1 + 1, 0) == static_cast<int>(255.0 * 121 / 233 + 0.5));
  CHECK(dataset.train[2].image(0, 2 + 3, 1 + 4, 2) == 255);
}

TEST_CASE("Decathlon: axes, labels, empty slices and modalities") {
  const TemporaryFolder folder;
  write_task(folder.path(), 3, 2);
  const Dataset across_x = load_decathlon(folder.path(), {.axis = 0, .label = 2, .size = 4});
  REQUIRE(across_x.test.size() == kX);
  CHECK(set_points(across_x.test[3].mask) == 1);
  CHECK(across_x.test[3].mask(0, 1, 0, 0) == 1);  // rows are z (3 in 4), columns y
  CHECK(set_points(across_x.test[1].mask) == 0);
  const Dataset across_y =
      load_decathlon(folder.path(), {.axis = 1, .modality = 1, .foreground_only = true, .size = 8});
  CHECK(across_y.test.size() == 2);  // y = 0 and y = 2
  const Dataset whole = load_decathlon(folder.path(), {});
  CHECK(whole.test.front().image.shape() == Shape{1, 32, 32, 3});
  // Each modality by itself: the second's smallest value is 0 again.
  CHECK(load_decathlon(folder.path(), {.modality = 1, .size = 8}).test[0].image(0, 2, 1, 0) == 0);
}

TEST_CASE("Decathlon: a larger slice is scaled down to fit") {
  const TemporaryFolder folder;
  write_task(folder.path(), 2);
  const Dataset dataset = load_decathlon(folder.path(), {.size = 3});
  CHECK(dataset.test.front().image.shape() == Shape{1, 3, 3, 3});
}

TEST_CASE("Decathlon: volumes are split, and some held out, by the seed alone") {
  const TemporaryFolder folder;
  write_task(folder.path(), 10);
  const Dataset all = load_decathlon(folder.path(), {.size = 8});
  CHECK(volumes_of(all.train).size() == 8);
  CHECK(volumes_of(all.test).size() == 2);
  const Dataset held = load_decathlon(folder.path(), {.hold_out = true, .size = 8});
  CHECK(volumes_of(held.train).size() == 6);
  CHECK(volumes_of(held.test).size() == 2);
  for (const std::string& name : volumes_of(held.test)) {
    CHECK(volumes_of(all.train).contains(name));
    CHECK_FALSE(volumes_of(held.train).contains(name));
  }
  std::set<std::set<std::string>> tested;
  for (std::uint64_t seed = 1; seed <= 6; ++seed)
    tested.insert(volumes_of(load_decathlon(folder.path(), {.seed = seed, .size = 8}).test));
  CHECK(tested.size() > 2);
}

TEST_CASE("Decathlon: what is wrong is named") {
  const TemporaryFolder folder;
  write_task(folder.path(), 2);
  const auto error = [&](const DecathlonOptions& options) {
    return message_of<Error>([&] { load_decathlon(folder.path(), options); });
  };
  CHECK(error({.axis = 3}).find("axis") != std::string::npos);
  CHECK(error({.modality = 1}).find("modalities") != std::string::npos);
  CHECK(error({.label = -1}).find("from 0 on") != std::string::npos);
  CHECK(error({.size = 5000}).find("4096") != std::string::npos);

  FileBytes half = label();
  const float value = 0.5f;
  NiftiFile real;
  real.dims({kX, kY, kZ});
  real.type(16, 32);
  real.voxels(std::vector<float>(kX * kY * kZ, value));
  write(folder / "labelsTr/case_0.nii", real.bytes);
  CHECK(error({}).find("whole numbers") != std::string::npos);
  NiftiFile small;
  small.dims({kX, kY, 2});
  small.type(2, 8);
  small.voxels(std::vector<std::uint8_t>(kX * kY * 2));
  write(folder / "labelsTr/case_0.nii", small.bytes);
  CHECK(error({}).find("case_0.nii") != std::string::npos);
  half.resize(360);
  write(folder / "labelsTr/case_0.nii", half);
  CHECK(error({}).find("case_0.nii") != std::string::npos);
  std::filesystem::remove(folder / "labelsTr/case_0.nii");
  CHECK(error({}).find("case_0") != std::string::npos);
}

TEST_CASE("Decathlon: dataset.json lists the volumes and names labels and modalities") {
  const TemporaryFolder folder;
  write_task(folder.path(), 5, 2);
  const auto index = [&](const std::string& text) {
    write(folder / "dataset.json", FileBytes(text.begin(), text.end()));
  };
  const auto error = [&](const DecathlonOptions& options = {}) {
    return message_of<Error>([&] { load_decathlon(folder.path(), options); });
  };
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  const std::string names = R"("name": "Blobs", "modality": {"0": "T1", "1": "T2"},
    "labels": {"0": "background", "1": "front", "2": "back"}, "numTraining": 3,)";
  index("{" + names + R"("training": [
    {"image": "./imagesTr/case_0.nii.gz", "label": "./labelsTr/case_0.nii"},
    {"image": "imagesTr/case_1.nii"}, {"image": "./imagesTr/case_4.nii.gz"}], "test": ["x"]})");
  const Dataset three = load_decathlon(folder.path(), {.modality = 1, .label = 2, .size = 8});
  CHECK(three.train.size() + three.test.size() == 3 * kZ);
  CHECK(has(three.description, "Decathlon task Blobs, T2, back, 2 volumes train, 1 test"));
  CHECK(has(error({.label = 3}), "no label 3"));
  CHECK(has(error({.label = 3}), "1 front, 2 back"));
  CHECK(has(error({.modality = 2}), "no modality 2"));

  index("{" + names + R"("training": [{"image": "./imagesTr/case_9.nii"},
    {"image": "./imagesTr/case_1.nii"}]})");
  CHECK(has(error(), "case_9.nii"));
  for (const char* outside :
       {"../imagesTr/case_1.nii", "/etc/passwd", "case_1.nii", "imagesTr/../../case_1.nii",
        "imagesTr/more/case_1.nii", "imagesTr/"}) {
    index(std::string(R"({"training": [{"image": ")") + outside + "\"}]}");
    CHECK(has(error(), "imagesTr"));
  }
  index(R"({"training": [{"image": "imagesTr/case_1.nii"}, {"image": "./imagesTr/case_1.nii"}]})");
  CHECK(has(error(), "listed twice"));
  index(R"({"training": [{"image": "imagesTr/case_1.txt"}]})");
  CHECK(has(error(), "case_1.txt"));
  for (const char* wrong : {"", "[1]", "{", R"({"labels": [1]})", R"({"labels": {"one": "front"}})",
                            R"({"labels": {"1": 2}})", R"({"training": 3})",
                            R"({"training": ["imagesTr/case_1.nii"]})", R"({"name": 7})"}) {
    CAPTURE(wrong);
    index(wrong);
    CHECK(has(error(), "dataset.json"));
  }
  std::string deep;
  std::fill_n(std::back_inserter(deep), 100000, '[');
  index(deep);
  CHECK(has(error(), "dataset.json"));
  index(R"({"numTest": 4})");  // names nothing: the folders count
  CHECK(load_decathlon(folder.path(), {.size = 8}).test.size() == kZ);
}
