// Help, version, and command lines that are not understood.
#include <doctest/doctest.h>

#include "integrad/tests/support/program.h"
#include "integrad/tests/support/temporary_folder.h"

using namespace integrad;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("every subcommand explains itself, with an example and the common flags") {
  if (!have_program()) return;
  const std::vector<std::vector<std::string>> subcommands{
      {"data", "synthetic"}, {"data", "show"}, {"train"},  {"quantize"}, {"eval"},
      {"threshold"},         {"predict"},      {"export"}, {"verify"},   {"report"},
      {"compare"},           {"info"},         {"golden"}, {"gradcheck"}};
  const ProgramResult all = run_integrad({"--help"});
  CHECK(all.exit_code == 0);
  for (std::vector<std::string> command : subcommands) {
    CAPTURE(command.back());
    CHECK(has(all.out, "  " + command.front() + " "));
    command.emplace_back("--help");
    const ProgramResult help = run_integrad(command);
    CHECK(help.exit_code == 0);
    CHECK(help.errors.empty());
    for (const char* part : {"Example:\n  integrad ", "--threads", "--seed", "--quiet"})
      CHECK(has(help.out, part));
  }
  const ProgramResult version = run_integrad({"--version"});
  CHECK(version.exit_code == 0);
  CHECK(version.out.starts_with("integrad "));
}

TEST_CASE("a command line that is not understood gives one line and exit code 2") {
  if (!have_program()) return;
  const ProgramResult alone = run_integrad({});
  CHECK(has(alone.out, "Subcommands:"));
  CHECK(has(error_of(alone, 2), "--help"));
  CHECK(has(error_of(run_integrad({"fly"}), 2), "no subcommand 'fly'"));
  CHECK(error_of(run_integrad({"data"}), 2).starts_with("integrad data: "));
  CHECK(has(error_of(run_integrad({"train"}), 2), "--out is required"));
  CHECK(has(error_of(run_integrad({"train", "--out", "x", "--epochs", "many"}), 2), "--epochs"));
  CHECK(has(error_of(run_integrad({"gradcheck", "--seed", "-1"}), 2), "--seed"));
  CHECK(has(error_of(run_integrad({"gradcheck", "--sed", "1"}), 2), "--sed"));
  CHECK(has(error_of(run_integrad({"gradcheck", "--threads", "100000"})), "--threads"));
  CHECK(has(error_of(run_integrad({"golden", "/nonexistent"})), "/nonexistent"));
  CHECK(has(error_of(run_integrad({"info", "--model", "unet"})), "known: qsegment"));
  const std::string speed =
      run_integrad({"info", "--model", "qsegment+1f", "--size", "16", "--speed"}).out;
  CHECK(has(speed, "float: "));
  CHECK(has(speed, "int8: "));
}

TEST_CASE("settings that make no sense are refused, naming the setting") {
  if (!have_program()) return;
  const TemporaryFolder folder;
  const std::string data = (folder / "data").string(), run = (folder / "run").string();
  REQUIRE(run_integrad(
              {"data", "synthetic", "--out", data, "--size", "32", "--train", "2", "--test", "1"})
              .exit_code == 0);
  const auto refused = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"train", "--data", data, "--out", run});
    const std::string error = error_of(run_integrad(more));
    CHECK_FALSE(std::filesystem::exists(run));
    return error;
  };
  CHECK(has(refused({"--optimizer", "newton"}), "newton"));
  CHECK(has(refused({"--batch", "0"}), "batch"));
  CHECK(has(refused({"--precision", "fp16"}), "precision is one of float, bf16; got 'fp16'"));
  CHECK(has(refused({"--lr", "nan"}), "learning rate"));
  CHECK(has(refused({"--loss", "mae"}), "mae"));
  CHECK(has(refused({"--model", "unet"}), "unet"));
  CHECK(has(refused({"--preset", "best"}), "best"));
  CHECK(has(refused({"--range-method", "guess"}), "guess"));
  write_text(folder / "config.json", R"({"epoch": 3})");
  CHECK(has(refused({"--config", (folder / "config.json").string()}), "'epoch'"));
  write_text(folder / "config.json", R"({"epochs": "three"})");
  CHECK(has(refused({"--config", (folder / "config.json").string()}), "config.json"));
  write_text(folder / "config.json", std::string(100000, '['));
  CHECK(has(refused({"--config", (folder / "config.json").string()}), "config.json"));
}

TEST_CASE("gradcheck and golden report every operator") {
  if (!have_program()) return;
  const ProgramResult gradients = run_integrad({"gradcheck", "--seed", "5"});
  CHECK(gradients.exit_code == 0);
  CHECK(has(gradients.out, "conv2d"));
  CHECK(has(gradients.out, " 0 failed\n"));
  const std::string vectors = std::string(INTEGRAD_SOURCE_DIR) + "/tests/golden";
  const ProgramResult golden = run_integrad({"golden", vectors});
  CHECK(golden.exit_code == 0);
  CHECK(has(golden.out, "conv_s8"));
  CHECK(has(golden.out, "bytes, 0 differences"));

  // One recorded byte changed is found, and ends the program with an error.
  const TemporaryFolder folder;
  for (const char* file : {"maxpool_s8.idx", "maxpool_s8.bin"})
    std::filesystem::copy(vectors + "/" + file, folder / file);
  std::string bytes = content(folder / "maxpool_s8.bin");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write_text(folder / "maxpool_s8.bin", bytes);
  const std::string error = error_of(run_integrad({"golden", folder.path().string()}));
  CHECK(has(error, "maxpool_s8"));
}
