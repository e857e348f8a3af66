// The whole way by hand: data, train, quantize, eval, predict, export, verify, info.
#include <doctest/doctest.h>

#include <regex>

#include "integrad/quant/process.h"
#include "integrad/tests/support/program.h"
#include "integrad/tests/support/trained_run.h"
#include "integrad/train/image.h"

using namespace integrad;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A figure of eval's table: the column's number in the row that starts with `row`.
double figure(const std::string& table, const std::string& row, int column) {
  std::smatch found;
  REQUIRE(std::regex_search(
      table, found,
      std::regex("\n" + row + "(?: +[^ \n]+){" + std::to_string(column) + "} +([0-9.]+)")));
  return std::stod(found[1]);
}

}  // namespace

TEST_CASE("data synthetic writes a set that data show reads") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const std::string sheet = (folder / "sheet.png").string();
  const ProgramResult shown = run_integrad({"data", "show", "--data", run.data(), "--out", sheet});
  CHECK(shown.exit_code == 0);
  CHECK(std::regex_search(shown.out, std::regex("train +4 +32x32 +[0-9]+\\.[0-9]+ %")));
  CHECK(std::regex_search(shown.out, std::regex("test +2 +32x32 ")));
  CHECK(load_image(sheet, 3).shape().channels() == 3);

  // The same seed, the same bytes; another seed, others.
  const std::vector<std::string> make{"data", "synthetic", "--size", "32",     "--train",
                                      "4",    "--test",    "2",      "--quiet"};
  for (const char* seed : {"1", "2"}) {
    std::vector<std::string> arguments = make;
    const std::string out = (folder / ("set" + std::string(seed))).string();
    arguments.insert(arguments.end(), {"--out", out, "--seed", seed});
    const ProgramResult made = run_integrad(arguments);
    CHECK(made.exit_code == 0);
    CHECK(made.out.empty());
    CHECK((contents(out) == contents(run.data())) == (std::string(seed) == "1"));
  }
}

TEST_CASE("a run folder holds what the run was made of, and training is reproducible") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  for (const char* name :
       {"config.json", "inputs.json", "log.csv", "checkpoint.safetensors", "model.safetensors"}) {
    CAPTURE(name);
    CHECK(std::filesystem::exists(run.path("float") + "/" + name));
    CHECK(std::filesystem::exists(run.path("int8") + "/" + name));
  }
  CHECK(has(content(run.path("float") + "/config.json"), "\"epochs\": 2"));

  const TemporaryFolder folder;
  const std::string config = run.path("float") + "/config.json";
  for (const char* threads : {"1", "3"}) {
    const std::string out = (folder / threads).string();
    const ProgramResult again = run_integrad(
        {"train", "--data", run.data(), "--config", config, "--threads", threads, "--out", out});
    CHECK(again.exit_code == 0);
    CHECK(has(again.out, "test Dice"));
    CHECK(has(again.errors, " steps of "));  // announced
    CHECK(has(again.errors, " of memory, by a step at "));
    CHECK(has(again.out, out + "/model.safetensors"));
    CHECK(content(out + "/model.safetensors") == content(run.float_model()));
  }
  // A flag wins over the file.
  const std::string other = (folder / "other").string();
  CHECK(run_integrad({"train", "--data", run.data(), "--config", config, "--seed", "5", "--epochs",
                      "1", "--crop", "16", "--loss", "bce", "--out", other})
            .exit_code == 0);
  const std::string echoed = content(other + "/config.json");
  for (const char* setting : {"\"seed\": 5", "\"epochs\": 1", "\"crop_height\": 16",
                              "\"height\": 16", "\"loss\": \"bce\""}) {
    CAPTURE(setting);
    CHECK(has(echoed, setting));
  }
}

TEST_CASE("eval scores float, fake-quantised and integer arithmetic alike") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const std::string json = (folder / "eval.json").string();
  const ProgramResult result =
      run_integrad({"eval", "--model", run.int8_model(), "--float", run.float_model(), "--data",
                    run.data(), "--per-image", "--out", json});
  INFO(result.errors);
  REQUIRE(result.exit_code == 0);
  // Training-time forward and integers are one arithmetic, so all six figures agree.
  for (int column = 0; column < 6; ++column)
    CHECK(figure(result.out, "fake-quantised", column) == figure(result.out, "integer", column));
  CHECK(figure(result.out, "float", 2) > 0);  // accuracy
  CHECK(has(result.out, "test_"));            // images by name
  const std::string figures = content(json);
  for (const char* part :
       {"\"rows\"", "\"name\": \"integer\"", "\"dice\"", "\"auc\"", "\"images\""})
    CHECK(has(figures, part));

  const ProgramResult of_float = run_integrad(
      {"eval", "--model", run.float_model(), "--data", run.data(), "--part", "train", "--fov"});
  CHECK(of_float.exit_code == 0);
  CHECK(has(of_float.out, "4 train images"));
  CHECK_FALSE(has(of_float.out, "integer"));
}

TEST_CASE("predict draws a mask and an overlay of each image") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  std::string photo;
  for (const auto& [name, bytes] : contents(run.data()))
    if (name.starts_with("test_") && !has(name, "_mask") && !has(name, "_fov") && photo.empty())
      photo = run.data() + "/" + name;
  REQUIRE_FALSE(photo.empty());
  const std::string stem = std::filesystem::path(photo).stem().string();
  const std::string out = (folder / "seen").string();
  for (const std::string& model : {run.float_model(), run.int8_model()}) {
    const ProgramResult result =
        run_integrad({"predict", "--model", model, photo, "--size", "40", "--out", out, "--force"});
    INFO(result.errors);
    CHECK(result.exit_code == 0);
    // As large as the photograph, whatever the network looked at.
    CHECK(load_image(out + "/" + stem + "_mask.png", 1).shape() == Shape{1, 32, 32, 1});
    CHECK(load_image(out + "/" + stem + "_overlay.png", 3).shape() == Shape{1, 32, 32, 3});
  }
  const auto before = contents(out);
  const ProgramResult refused =
      run_integrad({"predict", "--model", run.int8_model(), photo, "--out", out, "--quiet"});
  CHECK(has(error_of(refused), "--force"));
  CHECK(contents(out) == before);
}

TEST_CASE("a folder made for use is a model; its photographs may have any size") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const std::string model = (folder / "model").string(), out = (folder / "seen").string();
  std::filesystem::create_directory(model);
  std::filesystem::copy_file(run.int8_model(), model + "/int8.safetensors");
  std::filesystem::copy_file(run.float_model(), model + "/float.safetensors");
  write_text(model + "/model.json", "{\"field_of_view\": 30}");
  Image eye(Shape{1, 45, 61, 3});
  for (Index y = 3; y < 43; ++y)
    for (Index x = 10; x < 50; ++x)
      if ((y - 22) * (y - 22) + (x - 30) * (x - 30) < 400) eye(0, y, x, 0) = 200;
  save_png(folder / "eye.png", eye);
  const std::vector<std::string> predict{
      "predict", "--model", model, (folder / "eye.png").string(), "--out", out, "--force"};
  const ProgramResult result = run_integrad(predict);
  INFO(result.errors);
  REQUIRE(result.exit_code == 0);
  CHECK(has(result.out, "integer"));
  CHECK(load_image(out + "/eye_mask.png", 1).shape() == Shape{1, 45, 61, 1});

  const std::string tables = (folder / "tables.md").string();
  const ProgramResult scored = run_integrad(
      {"eval", "--model", model, "--data", run.data(), "--markdown", tables, "--quiet"});
  INFO(scored.errors);
  REQUIRE(scored.exit_code == 0);
  for (const char* row :
       {"| float, pooled |", "| integer, pooled |", "| integer, mean of the images |"})
    CHECK(has(content(tables), row));
  CHECK(has(error_of(run_integrad(
                {"eval", "--model", model, "--data", run.data(), "--protocol", "chase"})),
            "does not hold CHASE_DB1"));

  save_png(folder / "eye.png", Image(Shape{1, 45, 61, 3}));
  CHECK(has(error_of(run_integrad(predict)), "no retina is found"));
  write_text(model + "/model.json", "{\"field_of_view\": -1}");
  CHECK(has(error_of(run_integrad(predict)), "model.json"));
  std::filesystem::remove(model + "/int8.safetensors");
  CHECK(has(error_of(run_integrad(predict)), "holds neither int8.safetensors nor"));
}

TEST_CASE("export and verify: every byte agrees, and an altered constant is named") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const TemporaryFolder folder;
  const std::string device = (folder / "device").string();
  const ProgramResult exported =
      run_integrad({"export", "--model", run.int8_model(), "--format", "c", "--out", device});
  INFO(exported.errors);
  REQUIRE(exported.exit_code == 0);
  CHECK(has(exported.out, "model.c"));
  CHECK(std::regex_search(exported.out, std::regex("flash [0-9]+ bytes.*arena [0-9]+ bytes")));

  if (!on_path("gcc")) {
    MESSAGE("skipped: no gcc on PATH");
    return;
  }
  const std::string report = (folder / "verify.json").string();
  const std::vector<std::string> verify{
      "verify",          "--model", run.int8_model(), "--data", run.data(), "--compilers", "gcc",
      "--optimizations", "-O1",     "--out",          report};
  std::vector<std::string> fresh = verify, given = verify;
  fresh.insert(fresh.end(), {"--keep", (folder / "kept").string()});
  given.insert(given.end(), {"--emitted", device});
  for (const auto& arguments : {fresh, given}) {
    const ProgramResult result = run_integrad(arguments);
    INFO(result.errors);
    CHECK(result.exit_code == 0);
    CHECK(std::regex_search(result.out, std::regex("2 images, [1-9][0-9]+ bytes compared, "
                                                   "0 differences\n$")));
    CHECK(has(result.out, "gcc -O1 traced"));
  }
  CHECK(has(content(report), "\"differences\": 0"));
  CHECK(std::filesystem::exists(folder / "kept/model.c"));

  // One rounding constant of the emitted text changed.
  const std::string header = device + "/integrad/quant/c/arith.h";
  std::string text = content(header);
  const std::string constant = "((int64_t)1 << 30)";
  const auto at = text.find(constant);
  REQUIRE(at != std::string::npos);
  write_text(header, text.replace(at, constant.size(), "((int64_t)3 << 29)"));
  given.emplace_back("--quiet");  // one line on standard error, however long it takes
  const ProgramResult altered = run_integrad(given);
  const std::string error = error_of(altered);
  CHECK(std::regex_search(
      error, std::regex("layer '[^']+', pixel y [0-9]+ x [0-9]+, channel [0-9]+.*gcc -O1")));
  CHECK(has(content(report), "\"first\""));
}

TEST_CASE("verify without any compiler names the package to install") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const ProgramResult result = run_shell("PATH=/nonexistent; \"$0\" verify --model '" +
                                         run.int8_model() + "' --data '" + run.data() + "'");
  CHECK(has(error_of(result), "apt-get install gcc"));
}

TEST_CASE("verify runs the program on emulated cores and counts its instructions") {
  if (!have_program()) return;
  const TrainedRun& run = TrainedRun::get();
  const std::string verify =
      "\"$0\" verify --model '" + run.int8_model() + "' --data '" + run.data() + "' --device ";
  CHECK(has(error_of(run_shell(verify + "cortex-m9")), "there is no device 'cortex-m9'"));
  CHECK(has(error_of(run_shell(verify + "cortex-m4 --size 1024 --plan layers")),
            "cortex-m4: an image of 1024x1024 takes"));
  CHECK(has(error_of(run_shell("PATH=/nonexistent; " + verify + "cortex-m4,cortex-m55")),
            "apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"));
  if (!on_path("arm-none-eabi-gcc") || !on_path("qemu-system-arm") || !on_path("gcc")) {
    MESSAGE("skipped: no gcc, arm-none-eabi-gcc or qemu-system-arm on PATH");
    return;
  }
  const TemporaryFolder folder;
  const std::string json = (folder / "verify.json").string();
  const ProgramResult result =
      run_integrad({"verify", "--model", run.int8_model(), "--data", run.data(), "--compilers",
                    "gcc", "--optimizations", "-O1", "--device", "cortex-m4", "--count", "--images",
                    "1", "--out", json});
  INFO(result.errors);
  CHECK(result.exit_code == 0);
  CHECK(has(result.out, "gcc -O1, cortex-m4 -O1 traced, cortex-m4 -O1\n"));
  CHECK(std::regex_search(
      result.out, std::regex("encoder1/full +conv2d +442368 +[0-9]+ +[0-9]+\\.[0-9]+ /MAC")));
  CHECK(std::regex_search(result.out, std::regex("pool +max_pool2d +- +[0-9]+ .*/output")));
  CHECK(std::regex_search(result.out, std::regex("all layers +[0-9]+ +[0-9]+ +[0-9.]+ /MAC")));
  CHECK(has(content(json), "\"path\": \"cortex-m4 -O1\""));
}

TEST_CASE("info describes models and model files") {
  if (!have_program()) return;
  const ProgramResult named = run_integrad({"info", "--model", "qsegment", "--size", "64"});
  CHECK(named.exit_code == 0);
  for (const char* part : {"111297 trainable parameters", "109409 with batch norm folded",
                           "10571 per pixel", "[1,64,64,1]"}) {
    CAPTURE(part);
    CHECK(has(named.out, part));
  }
  const TrainedRun& run = TrainedRun::get();
  const ProgramResult file = run_integrad({"info", "--model", run.int8_model()});
  INFO(file.errors);
  CHECK(file.exit_code == 0);
  for (const char* part :
       {"quantised for cmsis-nn", "zero point", "\"epochs\": 1", "bytes of working memory"}) {
    CAPTURE(part);
    CHECK(has(file.out, part));
  }
  const ProgramResult floating = run_integrad({"info", "--model", run.float_model()});
  CHECK(floating.exit_code == 0);
  CHECK(has(floating.out, "stage float"));
}
