// The program's report page of two runs.
#include <doctest/doctest.h>

#include "integrad/quant/process.h"
#include "integrad/tests/support/program.h"
#include "integrad/tests/support/trained_run.h"

using namespace integrad;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<std::string> report_of(const std::string& floating, const std::string& quantized,
                                   const std::string& out,
                                   const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"report",  "--float", floating, "--quantized",
                                     quantized, "--out",   out};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace

TEST_CASE("report puts two runs and their verification on one page, the same for any threads") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  std::vector<std::string> more{"--title", "Eyes & <vessels>", "--pictures", "1"};
  if (on_path("gcc")) {
    const std::string verification = (folder / "verify.json").string();
    REQUIRE(
        run_integrad({"verify", "--model", run.int8_model(), "--data", run.data(), "--compilers",
                      "gcc", "--optimizations", "-O1", "--quiet", "--out", verification})
            .exit_code == 0);
    more.insert(more.end(), {"--verify", verification});
  }
  std::string first;
  for (const char* threads : {"1", "3"}) {
    const std::string out = (folder / (std::string(threads) + ".html")).string();
    std::vector<std::string> arguments = report_of(run.path("float"), run.path("int8"), out, more);
    arguments.insert(arguments.end(), {"--threads", threads});
    const ProgramResult result = run_integrad(arguments);
    INFO(result.errors);
    REQUIRE(result.exit_code == 0);
    CHECK(result.out.ends_with(out + "\n"));
    const std::string page = content(out);
    if (first.empty()) first = page;
    CHECK(page == first);
  }
  for (const char* part :
       {"Eyes &amp; &lt;vessels&gt;", "qsegment", "2 to test on", "<svg", "data:image/png;base64,",
        "quantisation-aware", "&quot;epochs&quot;: 2", "integrad quantize --model"}) {
    CAPTURE(part);
    CHECK(has(first, part));
  }
  if (on_path("gcc")) CHECK(has(first, "gcc -O1"));
  CHECK_FALSE(has(first, "src=\"http"));
}

TEST_CASE("report refuses runs, images and verifications that do not fit, and writes no page") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const std::string floating = run.path("float"), quantized = run.path("int8");
  const std::string out = (folder / "page.html").string();
  write_text(folder / "verify.json", "{\"format\": \"another\"}");
  const auto refused = [&](const std::vector<std::string>& arguments) {
    const std::string error = error_of(run_integrad(arguments));
    CHECK_FALSE(std::filesystem::exists(out));
    return error;
  };
  CHECK(has(refused(report_of(quantized, quantized, out)), "--float takes the folder"));
  CHECK(has(refused(report_of(floating, floating, out)), "--quantized takes the folder"));
  CHECK(has(refused(report_of((folder / "none").string(), quantized, out)), "none"));
  CHECK(has(
      refused(report_of(floating, quantized, out, {"--verify", (folder / "verify.json").string()})),
      "verify.json"));
  CHECK(has(refused(report_of(floating, quantized, out, {"--data", folder.path().string()})),
            folder.path().string()));
  CHECK(has(refused(report_of(floating, quantized, out, {"--pictures", "-1"})), "--pictures"));

  // Inputs that were tampered with: a number that would wrap to the right one.
  std::filesystem::copy(quantized, folder / "int8");
  std::string inputs = content(folder / "int8/inputs.json");
  const std::string setting = "\"mask_threshold\": 127";
  REQUIRE(has(inputs, setting));
  write_text(folder / "int8/inputs.json", inputs.replace(inputs.find(setting), setting.size(),
                                                         "\"mask_threshold\": 4294967423"));
  CHECK(has(refused(report_of(floating, (folder / "int8").string(), out)), "'mask_threshold'"));
}
