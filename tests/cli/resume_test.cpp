// A run killed at any moment and resumed gives the bytes of the uninterrupted one.
#include <doctest/doctest.h>

#include "integrad/tests/support/program.h"
#include "integrad/tests/support/trained_run.h"

using namespace integrad;

namespace {

/// Starts a run, waits until its log has rows of so many epochs, and kills it. Exit code 0: it was
/// still at work.
std::string killed_after(const std::string& arguments, const std::string& out, int epochs) {
  const std::string log = "'" + out + "/log.csv'";
  // The log's first line is its heading. The wait ends with the run, however slow the machine is.
  return "\"$0\" " + arguments + " --out '" + out +
         "' >/dev/null 2>&1 & started=$!; rows=0; "
         "while [ $rows -le " +
         std::to_string(epochs) + " ] && kill -0 $started 2>/dev/null; do [ ! -e " + log +
         " ] || rows=$(wc -l < " + log +
         "); sleep 0.01; done; kill -9 $started 2>/dev/null; wait $started; [ $? -eq 137 ]";
}

/// On a machine under load a run may end before the kill comes; then another one is started.
bool kill_after(const std::string& arguments, const std::string& out, int epochs) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    std::filesystem::remove_all(out);
    if (run_shell(killed_after(arguments, out, epochs)).exit_code == 0 &&
        !std::filesystem::exists(out + "/model.safetensors"))
      return true;
  }
  return false;
}

/// The run, whole and killed after some epochs; the command starts the line of arguments.
void check_resumes(const std::string& command, const std::string& arguments) {
  const TemporaryFolder folder;
  const std::string line = command + " " + arguments, whole = (folder / "whole").string();
  const ProgramResult made = run_shell("\"$0\" " + line + " --out '" + whole + "'");
  INFO(made.errors);
  REQUIRE(made.exit_code == 0);
  for (const int epochs : {1, 4, 9}) {
    CAPTURE(epochs);
    const std::string out = (folder / ("killed" + std::to_string(epochs))).string();
    REQUIRE(kill_after(line, out, epochs));
    const std::string inputs = content(out + "/inputs.json");
    const ProgramResult resumed =
        run_integrad({command, "--resume", "--out", out, "--quiet", "--threads", "1"});
    INFO(resumed.errors);
    CHECK(resumed.exit_code == 0);
    CHECK(content(out + "/inputs.json") == inputs);
    for (const char* file : {"model.safetensors", "checkpoint.safetensors", "log.csv"}) {
      CAPTURE(file);
      CHECK(content(out + "/" + file) == content(whole + "/" + file));
    }
  }
}

}  // namespace

TEST_CASE("a killed run resumes to the same bytes, without being told its settings again") {
  if (!have_program()) return;
  check_resumes("train", "--data '" + TrainedRun::get().data() +
                             "' --epochs 24 --batch 2 --evaluate-every 7 --seed 3 --threads 1");
}

TEST_CASE("a killed quantised run resumes to the same bytes") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  check_resumes("quantize", "--model '" + run.float_model() + "' --data '" + run.data() +
                                "' --epochs 24 --batch 2 --evaluate-every 7 --threads 1");
}

TEST_CASE("a resumed run reads what it was started with, and its folder says so unchanged") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  std::filesystem::copy(run.data(), folder / "other", std::filesystem::copy_options::recursive);
  const std::string other = (folder / "other").string();
  for (const char* part : {"float", "int8"}) {
    const bool quantized = std::string(part) == "int8";
    const std::string out = (folder / part).string();
    std::filesystem::copy(run.path(part), out);
    const auto before = contents(out);
    std::vector<std::vector<std::string>> changes{
        {"--data", other},         {"--size", "16"},
        {"--split", "8/20"},       {"--observer", "2"},
        {"--mask-pattern", "x"},   {"--test-pattern", "train_*"},
        {"--mask-threshold", "9"}, {"--epochs", "9"},
        {"--batch", "1"},          {"--seed", "8"}};
    if (quantized)
      changes.insert(changes.end(),
                     {{"--model", folder / "float/model.safetensors"}, {"--post-training"}});
    else
      changes.push_back({"--preset", "paper"});
    for (const auto& change : changes) {
      CAPTURE(change.front());
      std::vector<std::string> arguments{quantized ? "quantize" : "train", "--resume", "--out", out,
                                         "--quiet"};
      arguments.insert(arguments.end(), change.begin(), change.end());
      const std::string error = error_of(run_integrad(arguments));
      CAPTURE(error);
      CHECK(error.find("the run to be resumed") != std::string::npos);
      CHECK(contents(out) == before);
    }
  }
  // What is the same may be said again.
  CHECK(run_integrad({"train", "--resume", "--out", (folder / "float").string(), "--data",
                      run.data() + "/", "--epochs", "2", "--quiet"})
            .exit_code == 0);
}

TEST_CASE("a folder of something else is neither overwritten nor resumed") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  for (const char* name : {"README.txt", "inputs.json", "notes/1.txt"}) {
    CAPTURE(name);
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "notes");
    write_text(folder / name, "mine");
    const std::vector<std::string> train{
        "train", "--data", run.data(), "--out", folder.path().string(), "--epochs", "1", "--quiet"};
    std::vector<std::string> resumed = train, forced = train;
    resumed.emplace_back("--resume");
    forced.emplace_back("--force");
    for (const auto& arguments : {train, resumed}) {
      error_of(run_integrad(arguments));
      CHECK(contents(folder.path()) ==
            std::vector<std::pair<std::string, std::string>>{{name, "mine"}});
    }
    CHECK(run_integrad(forced).exit_code == 0);
    CHECK(std::filesystem::exists(folder / "model.safetensors"));
  }
}

TEST_CASE("a folder that holds a run is not overwritten by accident") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const std::string out = (folder / "run").string();
  const std::vector<std::string> train{"train", "--data", run.data(), "--epochs",
                                       "1",     "--out",  out,        "--quiet"};
  REQUIRE(run_integrad(train).exit_code == 0);
  const auto before = contents(out);
  const std::string model = content(out + "/model.safetensors");
  const std::string refused = error_of(run_integrad(train));
  CHECK(refused.find("--resume") != std::string::npos);
  CHECK(refused.find("--force") != std::string::npos);
  CHECK(contents(out) == before);

  // Resuming with other settings would not be the same run.
  std::vector<std::string> other = train;
  other.insert(other.end(), {"--resume", "--batch", "3"});
  error_of(run_integrad(other));
  CHECK(content(out + "/model.safetensors") == model);

  // A resume starts from the checkpoint: a damaged one is not passed over.
  const std::string checkpoint = content(out + "/checkpoint.safetensors");
  write_text(out + "/checkpoint.safetensors", checkpoint.substr(0, checkpoint.size() / 2));
  const std::string damaged =
      error_of(run_integrad({"train", "--resume", "--out", out, "--quiet"}));
  CHECK(damaged.find("checkpoint.safetensors") != std::string::npos);

  std::vector<std::string> forced = train;
  forced.insert(forced.end(), {"--force", "--seed", "9"});
  CHECK(run_integrad(forced).exit_code == 0);
  CHECK(contents(out) != before);
}
