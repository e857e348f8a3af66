// The emitted program on emulated Cortex-M cores: the fourth path of a model.
#include <doctest/doctest.h>

#include <stdlib.h>

#include <cstdlib>

#include "integrad/quant/lower.h"
#include "integrad/quant/process.h"
#include "integrad/quant/verify.h"
#include "integrad/tests/support/quantized_model.h"
#include "integrad/tests/support/temporary_folder.h"

using namespace integrad;

namespace {

constexpr const char* kCores[] = {"cortex-m4", "cortex-m55"};

bool have_device_tools() {
  const bool have = on_path("arm-none-eabi-gcc") && on_path("qemu-system-arm");
  if (!have) MESSAGE("skipped: no arm-none-eabi-gcc or no qemu-system-arm on PATH");
  return have;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

VerifyOptions on_cores(const TemporaryFolder& folder) {
  VerifyOptions options{folder.path(), true, {}, {}};
  options.devices = {kCores[0], kCores[1]};
  return options;
}

/// A fresh emitted project in which one file's text is altered.
void emit_altered(const TemporaryFolder& folder, const QGraph& program, const std::string& path,
                  const std::string& from, const std::string& to) {
  std::vector<EmittedFile> files = export_c(program);
  bool found = false;
  for (EmittedFile& file : files) {
    const auto at = file.text.find(from);
    if (file.path != path || at == std::string::npos) continue;
    file.text.replace(at, from.size(), to);
    found = true;
  }
  REQUIRE(found);
  write_files(folder.path(), files);
}

QGraph lowered(const QuantizedModel& q) {
  return lower(q.model.graph, q.model.parameters, q.quantizations, find_target(kDefaultTarget));
}

/// Runs a program in whose harness the first statement of main is another one.
std::string error_after(const std::string& statement, const char* core,
                        std::chrono::seconds limit = kNoLimit) {
  const TemporaryFolder folder;
  const std::string begin = "int main(void) {\n";
  emit_altered(folder, lowered(quantized_qsegment()), "main.c", begin, begin + statement);
  const EmittedProgram program(folder.path(), device_toolchain(find_device(core), folder.path()),
                               "-O1", Build::plain, limit);
  return message_of<Error>([&] { program.run({}); });
}

}  // namespace

TEST_CASE("emulated cores compute every byte of every layer in both roundings, and count") {
  if (!have_device_tools()) return;
  const QuantizedModel q = quantized_qsegment();
  for (const char* target : {"cmsis-nn", "cmsis-nn-single"}) {
    CAPTURE(target);
    const TemporaryFolder folder;
    VerifyOptions options = on_cores(folder);
    options.count = std::string(target) == kDefaultTarget;
    Verifier verifier(q.model, q.quantizations, find_target(target), options);
    for (std::uint64_t i = 0; i < 2; ++i) verifier.check(random_pixels({1, 16, 24, 3}, 50 + i));
    const VerifyReport& report = verifier.report();
    CHECK(report.differences == 0);
    CHECK(report.paths == std::vector<std::string>{"integer runner", "cortex-m4 -O2 traced",
                                                   "cortex-m4 -O2", "cortex-m55 -O2 traced",
                                                   "cortex-m55 -O2"});
    for (std::size_t id = 1; id < report.layers.size(); ++id)
      CHECK(report.layers[id].bytes >= 2 * 3 * report.layers[id].shape.elements());
    REQUIRE(report.counts.size() == (options.count ? 2 : 0));
    for (const InstructionCount& count : report.counts) {
      CAPTURE(count.path);
      REQUIRE(count.layers.size() == report.layers.size());
      CHECK(count.layers[0] == 0);
      for (std::size_t id = 1; id < report.layers.size(); ++id) {
        const double per_unit = instructions_per_unit(report.layers[id], count.layers[id]);
        CAPTURE(report.layers[id].name);
        CHECK(per_unit > 0.05);
        CHECK(per_unit < 500);
      }
    }
  }
}

TEST_CASE("a constant altered in the emitted copy is caught on the core") {
  if (!have_device_tools()) return;
  const QuantizedModel q = quantized_qsegment();
  const TemporaryFolder folder;
  // Half a step of the output: where these cores round.
  emit_altered(folder, lowered(q), "integrad/quant/c/dsp/finish.h", "+ addend) >> 1",
               "+ addend - 1) >> 1");
  VerifyOptions options = on_cores(folder);
  options.emit = false;
  Verifier verifier(q.model, q.quantizations, find_target(kDefaultTarget), options);
  verifier.check(random_pixels({1, 16, 24, 3}, 50));
  const VerifyReport& report = verifier.report();
  REQUIRE(report.first.has_value());
  CHECK(report.first->path == "cortex-m4 -O2 traced");
  CHECK(report.first->layer == "encoder1/full");
}

TEST_CASE("a counted loop has the instructions that it has") {
  if (!have_device_tools()) return;
  const TemporaryFolder folder;
  std::vector<EmittedFile> files = export_c(lowered(quantized_qsegment()));
  // Two instructions a round: 10 thousand, and 700 million, more than SysTick's 24 bits can hold.
  // Then 1000 pieces of 200 instructions and a random wait between.
  for (EmittedFile& file : files)
    if (file.path == "model.c")
      file.text =
          "#include \"model.h\"\n"
          "static void spin(uint32_t rounds) {\n"
          "  __asm__ volatile(\"1: subs %0, #1\\n bne 1b\" : \"+r\"(rounds) : : \"cc\");\n}\n"
          "void model_run(const int8_t* input, int8_t* output, int8_t* arena) {\n"
          "  uint32_t i;\n  (void)input, (void)output, (void)arena;\n"
          "  model_begin_layer(1);\n  spin(5000);\n  model_end_layer(1);\n"
          "  model_begin_layer(2);\n  spin(350000000);\n  model_end_layer(2);\n"
          "  for (i = 0; i < 1000; ++i) {\n"
          "    model_begin_layer(3);\n    spin(100);\n    model_end_layer(3);\n"
          "    spin(1 + i * i % 97);\n  }\n}\n";
  write_files(folder.path(), files);
  const std::vector<std::int8_t> image(16 * 24 * 3, 0);
  for (const char* core : kCores) {
    CAPTURE(core);
    const EmittedProgram program(folder.path(), device_toolchain(find_device(core), folder.path()),
                                 "-O2", Build::counted);
    const std::vector<Index> counts = program.count(image);
    REQUIRE(counts.size() > 4);
    CHECK(std::abs(counts[1] - 10000) <= 80);
    CHECK(std::abs(counts[2] - 700000000) <= 80);
    CHECK(std::abs(counts[3] - 200000) <= 5000);
    CHECK(counts[4] == 0);
    CHECK(program.count(image) == counts);
  }
}

TEST_CASE("a core that faults says so and ends; a program that hangs is stopped") {
  if (!have_device_tools()) return;
  for (const char* core : kCores) {
    CAPTURE(core);
    const std::string fault = error_after("*(volatile int*)0xf0000000u = 1;\n", core);
    CHECK(has(fault, std::string(core) + " -O1) ended with 1: the core stopped: exception 0"));
    CHECK(has(fault, "at address 0000"));
    CHECK(has(error_after("return 7;\n", core), "ended with 7"));
  }
  CHECK(has(error_after("for (;;) {\n}\n", kCores[0], std::chrono::seconds(1)),
            "qemu-system-arm: stopped after 1 s, its time limit"));
}

TEST_CASE("an image too large for a core's memory is refused with the sizes") {
  const QuantizedModel q = quantized_qsegment();
  const QGraph program = lowered(q);
  Footprint needs = footprint(program);
  const Device& device = find_device("cortex-m4");
  CHECK_NOTHROW(require_fits(device, program, needs));
  needs.arena_bytes = 16 << 20;
  CHECK(message_of<Error>([&] { require_fits(device, program, needs); }) ==
        "cortex-m4: an image of 16x24 takes 16778752 bytes of memory (arena 16777216, input 1152, "
        "output 384); QEMU's machine mps2-an386 has 16711680: choose a smaller image");
  needs = footprint(program);
  needs.flash_bytes = 5 << 20;
  CHECK(has(message_of<Error>([&] { require_fits(device, program, needs); }),
            "the model has 5242880 bytes of constants"));
}

TEST_CASE("unknown cores and missing tools are named with what to do") {
  CHECK(message_of<Error>([] { find_device("cortex-m9"); }) ==
        "there is no device 'cortex-m9'; there are: cortex-m3 cortex-m4 cortex-m55");
  const std::string path = ::getenv("PATH") == nullptr ? "" : ::getenv("PATH");
  ::setenv("PATH", "", 1);
  const std::string missing =
      message_of<Error>([] { require_installed(device_toolchain(find_device("cortex-m4"), ".")); });
  ::setenv("PATH", path.c_str(), 1);
  CHECK(missing ==
        "cortex-m4: there is no program 'arm-none-eabi-gcc' on PATH: apt-get install "
        "gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm");
}

TEST_CASE("the emitted Makefile builds and runs for a core as it does for this machine") {
  if (!have_device_tools()) return;
  if (!on_path("make") || !on_path("gcc")) {
    MESSAGE("skipped: no make or no gcc on PATH");
    return;
  }
  const TemporaryFolder folder;
  const QuantizedModel q = quantized_qsegment();
  write_files(folder.path(), export_c(lowered(q)));
  std::vector<std::int8_t> image(16 * 24 * 3);
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<std::int8_t>(i * 7 % 256);
  const auto make = [&](std::vector<std::string> words) {
    std::string out;
    words.insert(words.begin(), {"make", "-s", "-C", folder.path().string(), "CC=gcc"});
    const ProcessResult result = run_process(words, image, [&](std::span<const std::int8_t> piece) {
      out.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    });
    INFO(result.errors);
    CHECK(result.exit_code == 0);
    return out;
  };
  const auto expected =
      EmittedProgram(folder.path(), host_toolchain("gcc"), "-O2", Build::plain).run(image);
  CHECK(make({"run", "CORE=cortex-m55"}) == std::string(expected.begin(), expected.end()));
  CHECK(has(make({"count", "CORE=cortex-m55"}), "\n1 "));
}
