// What `train` and `quantize` print names their weights, and does not depend on how they ran.
#include <doctest/doctest.h>

#include "integrad/tensor/isa.h"
#include "integrad/tests/support/program.h"
#include "integrad/tests/support/trained_run.h"
#include "integrad/train/checkpoint.h"

using namespace integrad;

namespace {

/// A run of five steps, the shell's variables before it; what it wrote.
std::string run(const std::string& variables, const std::string& arguments) {
  const TemporaryFolder folder;
  const ProgramResult result =
      run_shell(variables + " \"$0\" " + arguments + " --data '" + TrainedRun::get().data() +
                "' --steps 5 --batch 2 --quiet --out '" + (folder / "run").string() + "'");
  INFO(result.errors);
  CHECK(result.exit_code == 0);
  return result.out;
}

void check_runs(const std::string& arguments) {
  const std::string once = run("", arguments);
  CAPTURE(once);
  CHECK(once.starts_with("weights SHA-256 "));
  CHECK(run("", arguments + " --threads 3") == once);
  CHECK(run("", arguments + " --seed 9") != once);
  for (const Isa each : available_isas())
    CHECK(run("INTEGRAD_ISA=" + std::string(name(each)), arguments) == once);
}

}  // namespace

TEST_CASE("a run prints the SHA-256 of its weights, the same for any threads and instructions") {
  if (!have_program()) return;
  check_runs("train");
  check_runs("quantize --model '" + TrainedRun::get().float_model() + "'");
}

TEST_CASE("info prints the SHA-256 of a model's weights, the integer one as exported") {
  if (!have_program()) return;
  const TrainedRun& trained = TrainedRun::get();
  const Checkpoint model = load_checkpoint(trained.int8_model());
  const ProgramResult info = run_integrad({"info", "--model", trained.int8_model()});
  CHECK(info.out.find("\nweights SHA-256 " + weights_digest(model.parameters) + "\n") !=
        std::string::npos);
  const TemporaryFolder folder;
  const std::string out = (folder / "c").string();
  CHECK(run_integrad({"export", "--model", trained.int8_model(), "--out", out}).exit_code == 0);
  const std::string digest = weights_digest(model.program(32, 32));
  CHECK(info.out.find("\nint8 weights SHA-256 " + digest + "\n") != std::string::npos);
  CHECK(content(out + "/model.h").find(digest) != std::string::npos);
}

TEST_CASE("a run ends after its steps, whatever its epochs") {
  if (!have_program()) return;
  const TemporaryFolder folder;
  const ProgramResult result =
      run_integrad({"train", "--data", TrainedRun::get().data(), "--batch", "2", "--epochs", "9",
                    "--steps", "3", "--out", (folder / "run").string()});
  CHECK(result.out.find("3 steps, in ") != std::string::npos);
  CHECK(error_of(run_integrad({"train", "--data", TrainedRun::get().data(), "--steps", "-1",
                               "--out", (folder / "other").string()}))
            .find("steps is at least 0; got -1") != std::string::npos);
}

TEST_CASE("threshold finds a shift on held-out images, and writes the model that has it") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const std::string out = (folder / "shifted").string();
  const std::string model = run.float_model();
  const ProgramResult chosen =
      run_integrad({"threshold", "--model", model, "--data", run.data(), "--quiet"});
  INFO(chosen.errors);
  REQUIRE(chosen.exit_code == 0);
  CHECK(chosen.out.find("best shift") != std::string::npos);
  const ProgramResult made =
      run_integrad({"threshold", "--model", model, "--shift", "-0.5", "--out", out});
  INFO(made.errors);
  REQUIRE(made.exit_code == 0);
  const Checkpoint before = load_checkpoint(model),
                   after = load_checkpoint(out + "/model.safetensors");
  CHECK(after.parameters.at("head/bias")[0] ==
        static_cast<float>(static_cast<double>(before.parameters.at("head/bias")[0]) - 0.5));
  CHECK(run_integrad({"threshold", "--model", model, "--shift", "-0.5", "--out", out}).exit_code ==
        1);
  CHECK(run_integrad({"threshold", "--model", model, "--shift", "-0.5"}).exit_code == 1);
}
