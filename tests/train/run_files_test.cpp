// What the program puts around a run: its inputs, presets, folders that appear as a whole,
// pictures.
#include <doctest/doctest.h>

#include <fstream>

#include "integrad/tests/support/temporary_folder.h"
#include "integrad/train/overlay.h"
#include "integrad/train/presets.h"
#include "integrad/train/run_inputs.h"
#include "integrad/train/scratch_folder.h"

using namespace integrad;

namespace {

void write(const std::filesystem::path& file, const char* text) {
  std::ofstream(file) << text;
}

std::ptrdiff_t entries(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), {});
}

}  // namespace

TEST_CASE("settings by name: text as it is, numbers as in JSON") {
  TrainConfig config;
  config.model = "elunet8";
  config.epochs = 7;
  const auto settings = settings_by_name(config);
  CHECK(settings.at("model") == "elunet8");
  CHECK(settings.at("epochs") == "7");
}

TEST_CASE("a run's inputs read back as they were written, and nothing else does") {
  RunInputs inputs;
  inputs.data = "/data/eyes";
  inputs.model = "/runs/float/model.safetensors";
  inputs.options.size = 64;
  inputs.options.chase_split = ChaseOptions::Split::first_eight;
  inputs.options.chase_observer = 2;
  inputs.options.folder.image_pattern = "a/*.png";
  inputs.options.folder.test = {"x*", "y"};
  inputs.options.folder.test_fraction = 0.125;
  const std::string text = to_json(inputs);
  const RunInputs read = run_inputs_from_json(text);
  CHECK(to_json(read) == text);
  CHECK(read.data == inputs.data);
  CHECK(read.options.chase_split == ChaseOptions::Split::first_eight);
  CHECK(read.options.folder.test == inputs.options.folder.test);

  inputs.data = "relative";
  CHECK(run_inputs_from_json(to_json(inputs)).data.is_absolute());

  const auto altered = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    return message_of<Error>([&] { run_inputs_from_json(other); });
  };
  CHECK(altered("\"size\": 64", "\"size\": \"big\"").find("'size'") != std::string::npos);
  CHECK(altered("\"size\": 64", "\"sise\": 64").find("'size'") != std::string::npos);
  CHECK(altered("\"size\": 64", "\"size\": 64, \"more\": 1") != "");
  CHECK(altered("8/20", "1/2") != "");
  CHECK(message_of<Error>([] { run_inputs_from_json("[]"); }) != "");
}

TEST_CASE("numbers that their setting cannot hold are refused, not wrapped or cut") {
  RunInputs inputs;
  inputs.data = "/data";
  const std::string text = to_json(inputs);
  const std::pair<std::string, std::string> of_inputs[] = {
      {"\"mask_threshold\": 127", "\"mask_threshold\": 4294967423"},
      {"\"mask_threshold\": 127", "\"mask_threshold\": 127.5"},
      {"\"size\": 0", "\"size\": 1e300"},
      {"\"size\": 0", "\"size\": 9223372036854775808"},
      {"\"size\": 0", "\"size\": true"},
      {"\"test_fraction\": 0.2", "\"test_fraction\": \"0.2\""},
      {"\"test\": []", "\"test\": [1]"},
      {"\"test\": []", "\"test\": \"x\""},
  };
  for (const auto& replacement : of_inputs) {
    const std::string from = replacement.first, to = replacement.second;
    CAPTURE(to);
    std::string other = text;
    REQUIRE(other.find(from) != std::string::npos);
    other.replace(other.find(from), from.size(), to);
    const std::string message = message_of<Error>([&] { run_inputs_from_json(other); });
    CHECK(message.starts_with("setting '" + to.substr(1, to.find('"', 1) - 1) + "' cannot be "));
  }
  for (const char* setting : {"\"loss_window\": 4294967299", "\"epochs\": 1e300",
                              "\"epochs\": 9223372036854775808", "\"seed\": -1", "\"seed\": 1.0",
                              "\"momentum\": null", "\"model\": 3", "\"range_method\": 3"}) {
    CAPTURE(setting);
    const std::string json = std::string("{") + setting + "}";
    CHECK(message_of<Error>([&] { config_from_json(json); }).starts_with("setting '"));
  }
  CHECK(config_from_json("{\"seed\": 18446744073709551615}").seed == ~std::uint64_t{0});
}

TEST_CASE("presets are complete configurations") {
  TrainConfig paper = training_preset("paper");
  paper.height = paper.width = 32;
  check(paper);
  CHECK(paper.epochs == 4000);
  CHECK(paper.batch_size == 8);
  CHECK(paper.schedule == "cosine-restarts");
  TrainConfig strong = training_preset("strong");
  CHECK(strong.augmentation.crop_height == 256);
  fit_crop(strong, Shape{1, 256, 999, 3});
  CHECK(strong.augmentation.crop_height == 256);
  fit_crop(strong, Shape{1, 999, 255, 3});
  CHECK(strong.augmentation.crop_height == 0);
  strong.height = strong.width = 64;
  check(strong);
  TrainConfig aware = quantization_aware(training_preset("default"));
  CHECK(aware.learning_rate < TrainConfig().learning_rate);
  CHECK(aware.epochs < TrainConfig().epochs);
  aware.epochs = 1;
  CHECK(quantization_aware(aware).epochs == 1);
  CHECK(message_of<Error>([] { training_preset("best"); }).find("paper, strong") !=
        std::string::npos);
}

TEST_CASE("a scratch folder becomes its target, or leaves nothing") {
  const TemporaryFolder folder;
  const auto target = folder / "made/here";
  {
    const ScratchFolder given_up(target);
    write(given_up.path() / "a", "1");
  }
  CHECK(entries(folder / "made") == 0);
  {
    ScratchFolder scratch(target);
    std::filesystem::create_directory(scratch.path() / "sub");
    write(scratch.path() / "sub/a", "new");
    scratch.move_into_target();
  }
  CHECK(std::filesystem::file_size(target / "sub/a") == 3);
  // Into a folder with files: one of the same name is replaced, the others stay.
  write(target / "other", "stays");
  {
    ScratchFolder scratch(target / "");
    std::filesystem::create_directory(scratch.path() / "sub");
    write(scratch.path() / "sub/a", "newer");
    scratch.move_into_target();
  }
  CHECK(std::filesystem::file_size(target / "sub/a") == 5);
  CHECK(std::filesystem::file_size(target / "other") == 5);
  CHECK(entries(folder / "made") == 1);

  CHECK_THROWS_AS(ScratchFolder(target / "other"), Error);
  CHECK_THROWS_AS(ScratchFolder(target / "other/below"), Error);
  CHECK_THROWS_AS(require_empty_folder(target, "choose another"), Error);
  CHECK_THROWS_AS(require_empty_folder(target / "other", "choose another"), Error);
  CHECK_NOTHROW(require_empty_folder(folder / "missing", "choose another"));
}

TEST_CASE("an overlay tints what the mask covers, most at its outline") {
  Image photograph({1, 5, 5, 3}, std::uint8_t{100}), mask({1, 5, 5, 1});
  for (Index y = 1; y < 4; ++y)
    for (Index x = 1; x < 4; ++x) mask(0, y, x, 0) = 1;
  const Image marked = overlay(photograph, mask);
  CHECK(marked(0, 0, 0, 1) == 100);
  CHECK(marked(0, 1, 1, 1) == 255);  // outline
  CHECK(marked(0, 2, 2, 1) == 138);  // a quarter of the way from 100 to 255
  CHECK_THROWS_AS(overlay(photograph, Image({1, 5, 4, 1})), Error);

  const std::vector<Sample> samples(3, Sample{"s", photograph, mask, mask});
  const Image sheet = contact_sheet(samples, 10, 2);
  CHECK(sheet.shape() == Shape{1, 2 * (10 + 4) + 4, 2 * (24 + 4) + 4, 3});
  CHECK(sheet(0, 4, 4, 0) == 100);           // the first photograph
  CHECK(sheet(0, 9, 4 + 14 + 5, 1) == 138);  // its overlay's middle
  CHECK(sheet(0, 18, 32, 0) == 0);           // no fourth sample
  CHECK_THROWS_AS(contact_sheet({}, 10, 2), Error);
}
