// integrad export --format tflite, through the program.
#include <doctest/doctest.h>

#include "integrad/tests/support/program.h"
#include "integrad/tests/support/temporary_folder.h"
#include "integrad/tests/support/trained_run.h"

using namespace integrad;

TEST_CASE("a quantised model is exported as a model file and an explanation") {
  if (!have_program()) return;
  const TemporaryFolder folder;
  const std::string out = (folder / "micro").string();
  const ProgramResult result = run_integrad({"export", "--model", TrainedRun::get().int8_model(),
                                             "--format", "tflite", "--size", "16", "--out", out});
  CHECK(result.exit_code == 0);
  CHECK(result.out.find("model.tflite") != std::string::npos);
  CHECK(result.out.find("input [1,16,16,3], output [1,16,16,1]") != std::string::npos);

  const auto files = contents(out);
  REQUIRE(files.size() == 2);
  CHECK(files[0].first == "README.txt");
  CHECK(files[1].first == "model.tflite");
  CHECK(files[1].second.substr(4, 4) == "TFL3");
  const std::string& readme = files[0].second;
  for (const char* part : {"Input: int8, shape [1,16,16,3], scale 0.003921569, zero point -128",
                           "that is pixel - 128", "Output: int8, shape [1,16,16,1]", " CONV_2D",
                           " DEPTHWISE_CONV_2D", " ARG_MAX", "cmsis-nn"}) {
    CAPTURE(part);
    CHECK(readme.find(part) != std::string::npos);
  }
}

TEST_CASE("an unknown format is refused, naming those there are") {
  if (!have_program()) return;
  const TemporaryFolder folder;
  const ProgramResult result = run_integrad({"export", "--model", TrainedRun::get().int8_model(),
                                             "--format", "onnx", "--out", (folder / "x").string()});
  CHECK(error_of(result) == "integrad export: --format is c, cmsis-nn or tflite; got 'onnx'\n");
}
