// A run killed at any moment and resumed gives the bytes of the uninterrupted one.
#include <doctest/doctest.h>

#include <algorithm>

#include "integrad/tests/support/program.h"
#include "integrad/tests/support/trained_run.h"

using namespace integrad;

namespace {

/// Starts a run, waits until its checkpoint is there and a little longer, and kills it.
std::string killed_after(const std::string& arguments, const std::string& out, const char* wait) {
  return "\"$0\" " + arguments + " --out '" + out +
         "' >/dev/null 2>&1 & started=$!; tries=0; "
         "while [ ! -e '" +
         out +
         "/checkpoint.safetensors' ] && [ $tries -lt 500 ]; do sleep 0.01; tries=$((tries+1)); "
         "done; sleep " +
         wait + "; kill -9 $started; wait $started; [ $? -eq 137 ]";
}

void check_resumes(const std::string& arguments, const std::string& whole,
                   const TemporaryFolder& folder) {
  for (const char* wait : {"0", "0.06", "0.13"}) {
    CAPTURE(wait);
    const std::string out = (folder / ("killed" + std::string(wait))).string();
    const ProgramResult killed = run_shell(killed_after(arguments, out, wait));
    REQUIRE(killed.exit_code == 0);  // it was still at work
    REQUIRE_FALSE(std::filesystem::exists(out + "/model.safetensors"));
    const ProgramResult resumed =
        run_integrad({"train", "--resume", "--out", out, "--quiet", "--threads", "1"});
    INFO(resumed.errors);
    CHECK(resumed.exit_code == 0);
    for (const char* file : {"model.safetensors", "checkpoint.safetensors", "log.csv"}) {
      CAPTURE(file);
      CHECK(content(out + "/" + file) == content(whole + "/" + file));
    }
  }
}

}  // namespace

TEST_CASE("a killed run resumes to the same bytes, without being told its settings again") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const std::string arguments = "train --data '" + run.data() +
                                "' --epochs 24 --batch 2 --evaluate-every 7 --seed 3 --threads 1";
  const std::string whole = (folder / "whole").string();
  REQUIRE(run_shell("\"$0\" " + arguments + " --out '" + whole + "'").exit_code == 0);
  check_resumes(arguments, whole, folder);
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
