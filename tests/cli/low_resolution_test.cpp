// Low-resolution input, multi-stage output, from training to the compiled C.
#include <doctest/doctest.h>

#include <regex>

#include "integrad/quant/process.h"
#include "integrad/tests/support/program.h"
#include "integrad/tests/support/trained_run.h"

using namespace integrad;

TEST_CASE("joined maps and shared parameters: fake-quantised, integers and compiled C agree") {
  if (!have_program()) return;
  if (!on_path("gcc")) {
    MESSAGE("skipped: no gcc on PATH");
    return;
  }
  const TemporaryFolder folder;
  const std::string data = (folder / "data").string();
  REQUIRE(run_integrad({"data", "synthetic", "--size", "128", "--train", "2", "--test", "1",
                        "--out", data, "--quiet"})
              .exit_code == 0);
  struct Case {
    const char *model, *shrink, *input;
  };
  for (const Case& c : {Case{"qsegment+4", "16", "8"}, Case{"elunet8+1", "2", "16"},
                        Case{"qsegment+1f", "2", "16"}}) {
    CAPTURE(c.model);
    const std::string floating = (folder / (std::string(c.model) + "-float")).string();
    const std::string int8 = (folder / (std::string(c.model) + "-int8")).string();
    const std::string crop = c.model[0] == 'e' ? "32" : "128";
    const ProgramResult trained = run_integrad(
        {"train", "--data", data, "--model", c.model, "--shrink", c.shrink, "--crop", crop,
         "--epochs", "2", "--evaluate-every", "0", "--out", floating, "--quiet"});
    INFO(trained.errors);
    REQUIRE(trained.exit_code == 0);
    const ProgramResult quantized =
        run_integrad({"quantize", "--model", floating + "/model.safetensors", "--data", data,
                      "--epochs", "1", "--evaluate-every", "0", "--out", int8, "--quiet"});
    INFO(quantized.errors);
    REQUIRE(quantized.exit_code == 0);
    const ProgramResult verified =
        run_integrad({"verify", "--model", int8 + "/model.safetensors", "--data", data, "--size",
                      c.input, "--compilers", "gcc", "--optimizations", "-O1"});
    INFO(verified.errors);
    INFO(verified.out);
    CHECK(verified.exit_code == 0);
    CHECK(std::regex_search(verified.out, std::regex("[ ,]0 differences")));
  }
}

TEST_CASE("the add-on's whole way: trained, quantised, verified without a difference") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const std::string floating = (folder / "float").string(), int8 = (folder / "int8").string();
  const ProgramResult trained =
      run_integrad({"train", "--data", run.data(), "--model", "qsegment+1", "--shrink", "2",
                    "--epochs", "2", "--out", floating, "--quiet"});
  INFO(trained.errors);
  REQUIRE(trained.exit_code == 0);
  REQUIRE(run_integrad({"quantize", "--model", floating + "/model.safetensors", "--data",
                        run.data(), "--epochs", "1", "--out", int8, "--quiet"})
              .exit_code == 0);
  const ProgramResult scored =
      run_integrad({"eval", "--model", int8, "--float", floating, "--data", run.data()});
  INFO(scored.errors);
  REQUIRE(scored.exit_code == 0);
  const auto row = [&](const std::string& arithmetic) {
    std::smatch found;
    REQUIRE(std::regex_search(scored.out, found, std::regex("\n" + arithmetic + " +([^\n]+)")));
    return found[1].str();
  };
  CHECK(row("fake-quantised") == row("integer"));
  CHECK(error_of(run_integrad({"eval", "--model", int8, "--data", run.data(), "--enlarge", "far"}))
            .find("bilinear or nearest") != std::string::npos);

  if (!on_path("gcc")) {
    MESSAGE("skipped: no gcc on PATH");
    return;
  }
  const ProgramResult verified =
      run_integrad({"verify", "--model", int8 + "/model.safetensors", "--data", run.data(),
                    "--images", "1", "--compilers", "gcc", "--optimizations", "-O1"});
  INFO(verified.errors);
  CHECK(verified.exit_code == 0);
  CHECK(std::regex_search(verified.out, std::regex("[ ,]0 differences")));
}
