// A trained model through CMSIS-NN's interface, from the command line; the double stands in for the
// library.
#include <doctest/doctest.h>

#include <filesystem>

#include "../support/program.h"
#include "../support/temporary_folder.h"
#include "../support/trained_run.h"
#include "integrad/quant/process.h"

using namespace integrad;

namespace {

const std::string kDouble = INTEGRAD_SOURCE_DIR "/tests/doubles/cmsis_nn";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("export --format cmsis-nn: make builds it, and says when it lacks CMSIS-NN") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const std::string device = (folder / "device").string();
  const ProgramResult exported = run_integrad(
      {"export", "--model", run.int8_model(), "--format", "cmsis-nn", "--out", device});
  INFO(exported.errors);
  REQUIRE(exported.exit_code == 0);
  CHECK(has(exported.out, "bytes (plain), "));
  CHECK(has(exported.out, "bytes (mve)\n"));
  if (!on_path("make") || !on_path("cc")) {
    MESSAGE("skipped: no make or cc on PATH");
    return;
  }
  const auto make = [&](const std::string& variables) {
    return run_shell("make -C '" + device + "' " + variables + " 2>&1");
  };
  const ProgramResult without = make("CMSIS_NN_DIR=");
  CHECK(without.exit_code != 0);
  CHECK(has(without.out, "give the folder of CMSIS-NN that holds Include and Source"));
  const ProgramResult built = make("CMSIS_NN_DIR='" + kDouble + "'");
  CHECK_MESSAGE(built.exit_code == 0, built.out);
  CHECK_FALSE(has(built.out, "warning"));
  CHECK(std::filesystem::exists(folder / "device/model"));
  if (!on_path("arm-none-eabi-gcc")) {
    MESSAGE("skipped for Arm cores: no arm-none-eabi-gcc on PATH");
    return;
  }
  for (const char* core : {"cortex-m0plus", "cortex-m4", "cortex-m55"}) {
    const std::string variables = "CMSIS_NN_DIR='" + kDouble + "'";
    make(variables + " clean");
    const ProgramResult library = make(variables + " CORE=" + core + " library");
    CHECK_MESSAGE(library.exit_code == 0, library.out);
    CHECK_FALSE(has(library.out, "warning"));
  }
}

TEST_CASE("verify --export cmsis-nn: every byte agrees") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const std::vector<std::string> verify{"verify",   "--model",  run.int8_model(), "--data",
                                        run.data(), "--export", "cmsis-nn"};
  std::vector<std::string> named = verify, wrong = verify;
  if (on_path("gcc")) {
    named.insert(named.end(),
                 {"--compilers", "gcc", "--optimizations", "-O1", "--cmsis-nn", kDouble});
    const ProgramResult result = run_integrad(named);
    INFO(result.errors);
    CHECK(result.exit_code == 0);
    CHECK(has(result.out, ", 0 differences\n"));
    CHECK(has(result.out, "gcc -O1 traced"));
    const ProgramResult by_variable = run_shell(
        "CMSIS_NN_DIR='" + kDouble + "' \"$0\" verify --model '" + run.int8_model() + "' --data '" +
        run.data() + "' --export cmsis-nn --compilers gcc --optimizations=-O0 --images 1");
    CHECK_MESSAGE(by_variable.exit_code == 0, by_variable.errors);
  } else {
    MESSAGE("skipped: no gcc on PATH");
  }
  wrong.insert(wrong.end(), {"--cmsis-nn", run.data()});
  CHECK(has(error_of(run_integrad(wrong)), "holds no CMSIS-NN"));
  CHECK(has(error_of(run_shell("unset CMSIS_NN_DIR; \"$0\" verify --export cmsis-nn --model '" +
                               run.int8_model() + "' --data '" + run.data() + "'")),
            "CMSIS_NN_DIR"));
  CHECK(has(error_of(run_integrad({"verify", "--model", run.int8_model(), "--data", run.data(),
                                   "--cmsis-nn", kDouble})),
            "--export cmsis-nn"));
  CHECK(has(error_of(run_integrad({"export", "--model", run.int8_model(), "--format", "cmsis-nn",
                                   "--plan", "layers", "--out", run.data()})),
            "--plan"));
}
