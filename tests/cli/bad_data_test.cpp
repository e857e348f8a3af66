// Data sets and images that are not what they should be.
#include <doctest/doctest.h>

#include "integrad/tests/support/program.h"
#include "integrad/tests/support/trained_run.h"
#include "integrad/train/image.h"

using namespace integrad;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void copy(const std::string& from, const std::filesystem::path& to) {
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

/// Training on this folder fails with this text, and leaves no run behind.
void check_refused(const TemporaryFolder& folder, const std::string& data,
                   const std::string& expected, const std::vector<std::string>& more = {}) {
  CAPTURE(data);
  std::vector<std::string> arguments{
      "train", "--data", data, "--epochs", "1", "--out", (folder / "run").string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const std::string error = error_of(run_integrad(arguments));
  CAPTURE(error);
  CHECK(has(error, expected));
  CHECK_FALSE(std::filesystem::exists(folder / "run"));
}

}  // namespace

TEST_CASE("a damaged image in a data set is named, and nothing is begun") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const std::string name = "train_0001.png";
  const std::string whole = content(run.data() + "/" + name);
  struct Damage {
    std::string bytes, expected;
  };
  const Damage damages[] = {
      {whole.substr(0, whole.size() / 2), name},
      {"a text that is no image", name},
      {"", name},
      {"P6 20000 20000 255\n" + std::string(64, 'x'), "20000"},
  };
  for (const Damage& damage : damages) {
    const TemporaryFolder folder;
    copy(run.data(), folder / "data");
    write_text(folder / ("data/" + name), damage.bytes);
    check_refused(folder, (folder / "data").string(), damage.expected);
    check_refused(folder, (folder / "data").string(), name);
  }
}

TEST_CASE("images and masks that do not fit are named") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  copy(run.data(), folder / "data");
  save_png(folder / "data/train_0000_mask.png", Image({1, 32, 24, 1}));
  check_refused(folder, (folder / "data").string(), "train_0000");
  std::filesystem::remove(folder / "data/train_0000_mask.png");
  check_refused(folder, (folder / "data").string(), "train_0000");
}

TEST_CASE("folders without images, and sizes that the model cannot take") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "empty");
  check_refused(folder, (folder / "empty").string(), "empty");
  check_refused(folder, (folder / "missing").string(), "missing");
  check_refused(folder, run.data() + "/README.txt", "README.txt");
  check_refused(folder, run.data(), "8", {"--size", "36"});
  check_refused(folder, run.data(), "8", {"--crop", "20"});
  check_refused(folder, run.data(), "crop", {"--crop", "64"});
  check_refused(folder, run.data(), "-8", {"--size", "-8"});

  const std::string eval = error_of(
      run_integrad({"eval", "--model", run.int8_model(), "--data", run.data(), "--size", "36"}));
  CHECK(has(eval, "divisible by 8"));
  const std::string show =
      error_of(run_integrad({"data", "show", "--data", (folder / "empty").string()}));
  CHECK(show.starts_with("integrad data show: "));
}

TEST_CASE("predict refuses images that are damaged or too large") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const std::string good = run.data() + "/test_0000.png";
  const std::string whole = content(good);
  write_text(folder / "cut.png", whole.substr(0, whole.size() - 30));
  write_text(folder / "text.png", "no image");
  write_text(folder / "huge.ppm", "P6 20000 20000 255\n");
  for (const char* bad : {"cut.png", "text.png", "huge.ppm", "missing.png"}) {
    const std::string out = (folder / "seen").string();
    const std::string error =
        error_of(run_integrad({"predict", "--model", run.int8_model(), good,
                               (folder / bad).string(), "--out", out, "--quiet"}));
    CAPTURE(error);
    CHECK(has(error, bad));
    CHECK_FALSE(std::filesystem::exists(out));
  }
  // Nothing is left beside the folder either.
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    CHECK_FALSE(entry.is_directory());
}
