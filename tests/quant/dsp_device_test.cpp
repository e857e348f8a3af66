// The kernels on emulated Cortex-M cores, with the instructions that other machines emulate.
#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <sstream>

#include "device_tour.h"
#include "integrad/quant/device.h"
#include "integrad/quant/emitted_program.h"
#include "integrad/quant/process.h"
#include "integrad/quant/toolchain.h"
#include "integrad/tests/support/temporary_folder.h"

using namespace integrad;

namespace {

/// What device_tour_main.c prints, built for a device with these flags.
std::string run_tour(const std::string& core, const std::vector<std::string>& flags) {
  const TemporaryFolder folder;
  write_files(folder.path(), device_files());
  std::filesystem::create_directory_symlink(INTEGRAD_SOURCE_DIR, folder / "integrad");
  const Toolchain toolchain = device_toolchain(find_device(core), folder.path());
  const std::string program = (folder / "tour.elf").string();
  std::vector<std::string> command = toolchain.compile;
  command.insert(command.end(), {"-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                                 "-I" + folder.path().string()});
  command.insert(command.end(), flags.begin(), flags.end());
  command.insert(command.end(),
                 {"-o", program, INTEGRAD_SOURCE_DIR "/tests/quant/device_tour_main.c"});
  command.insert(command.end(), toolchain.sources.begin(), toolchain.sources.end());
  command.insert(command.end(), toolchain.link.begin(), toolchain.link.end());
  const ProcessResult compiled = run_process(command, {}, [](auto) {});
  INFO(compiled.errors);
  REQUIRE(compiled.exit_code == 0);

  std::string text;
  std::vector<std::string> run = toolchain.run;
  run.push_back(program);
  const ProcessResult result = run_process(
      run, {}, [&](auto piece) { text.append(piece.begin(), piece.end()); },
      std::chrono::seconds(60));
  REQUIRE(result.exit_code == 0);
  return text;
}

}  // namespace

TEST_CASE("the kernels give this machine's bytes on emulated cores, with and without DSP") {
  if (!on_path("arm-none-eabi-gcc") || !on_path("qemu-system-arm")) {
    MESSAGE("skipped: no arm-none-eabi-gcc or no qemu-system-arm on PATH");
    return;
  }
  const device_tour_result here = device_tour();
  std::ostringstream sums;
  sums << ' ' << device_tour_portable(std::make_unique<tour_log>().get());
  for (const std::uint32_t sum : here.sums) sums << ' ' << sum;
  sums << '\n';
  CHECK(run_tour("cortex-m4", {"-O2"}) == "1" + sums.str());
  CHECK(run_tour("cortex-m4", {"-O0"}) == "1" + sums.str());
  CHECK(run_tour("cortex-m4", {"-O2", "-DINTEGRAD_PORTABLE"}) == "0" + sums.str());
  CHECK(run_tour("cortex-m55", {"-O2"}) == "1" + sums.str());
  CHECK(run_tour("cortex-m3", {"-O2"}) == "0" + sums.str());
}
