// Folders that cannot be written, full disks, and losses that leave the numbers.
#include <doctest/doctest.h>

#include <regex>

#include "integrad/tests/support/program.h"
#include "integrad/tests/support/trained_run.h"

using namespace integrad;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a file where a folder is expected is named, and stays") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const std::string file = (folder / "file").string();
  write_text(file, "here first");
  for (const std::string& out : {file, file + "/below"}) {
    const std::vector<std::vector<std::string>> commands{
        {"train", "--data", run.data(), "--epochs", "1"},
        {"quantize", "--model", run.float_model(), "--data", run.data(), "--post-training"},
        {"export", "--model", run.int8_model()},
        {"predict", "--model", run.int8_model(), run.data() + "/test_0000.png"},
        {"data", "synthetic", "--size", "32", "--train", "1", "--test", "1"},
        {"eval", "--model", run.float_model(), "--data", run.data()}};
    for (std::vector<std::string> command : commands) {
      // eval writes a file: an existing one may be replaced.
      if (command[0] == "eval" && out == file) continue;
      CAPTURE(command[0]);
      command.insert(command.end(), {"--out", out, "--quiet"});
      CHECK(has(error_of(run_integrad(command)), "file"));
      CHECK(content(file) == "here first");
    }
  }
}

TEST_CASE("a full disk ends a run with one line, and nothing half written") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  // A limit on the size of files acts as a disk that fills up: 16 blocks of at most 1 KiB.
  const auto limited = [](const std::string& arguments) {
    return run_shell("ulimit -f 16; \"$0\" " + arguments);
  };
  const std::string out = (folder / "out").string();
  CHECK(has(error_of(limited("export --model '" + run.int8_model() + "' --out '" + out + "'")),
            "cannot be written"));
  CHECK_FALSE(std::filesystem::exists(out));
  CHECK(has(error_of(limited("data synthetic --size 128 --train 2 --test 1 --out '" + out + "'")),
            "cannot be written"));
  CHECK_FALSE(std::filesystem::exists(out));

  // A run whose next checkpoint does not fit keeps the last one.
  std::filesystem::copy(run.path("float"), folder / "run");
  const std::string model = content(folder / "run/model.safetensors");
  const std::string checkpoint = content(folder / "run/checkpoint.safetensors");
  const std::string error =
      error_of(limited("train --quiet --resume --out '" + (folder / "run").string() + "'"));
  CHECK(has(error, "cannot be written"));
  CHECK(content(folder / "run/model.safetensors") == model);
  CHECK(content(folder / "run/checkpoint.safetensors") == checkpoint);
  for (const auto& entry : std::filesystem::directory_iterator(folder / "run"))
    CHECK(entry.path().extension() != ".tmp");

  CHECK(has(error_of(run_shell("\"$0\" info --model qsegment > /dev/full")), "disk full"));
}

TEST_CASE("a loss that is not finite stops with epoch, step and layer, keeping the checkpoint") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const std::string out = (folder / "run").string();
  // Warm-up lets some epochs pass before the rate is absurd.
  const ProgramResult result = run_integrad(
      {"train", "--data", run.data(), "--out", out, "--epochs", "40", "--optimizer", "sgd", "--lr",
       "1e30", "--warm-up", "40", "--momentum", "0", "--batch", "4", "--quiet"});
  const std::string error = error_of(result);
  CAPTURE(error);
  CHECK(std::regex_search(error, std::regex("epoch [0-9]+, step [0-9]+")));
  CHECK(std::regex_search(error, std::regex("layer '|parameter '")));
  CHECK_FALSE(std::filesystem::exists(out + "/model.safetensors"));
  if (std::filesystem::exists(out + "/checkpoint.safetensors"))
    CHECK(run_integrad({"info", "--model", out + "/checkpoint.safetensors"}).exit_code == 0);
}
