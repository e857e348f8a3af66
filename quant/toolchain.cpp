#include "integrad/quant/toolchain.h"

#include "integrad/quant/process.h"
#include "integrad/tensor/error.h"

namespace integrad {

Toolchain host_toolchain(const std::string& compiler) {
  const std::string package = compiler.starts_with("clang") ? "clang" : "gcc";
  return {compiler, {compiler}, {}, {}, {}, {}, package};
}

Toolchain device_toolchain(const Device& device, const std::filesystem::path& folder) {
  Toolchain result;
  result.name = device.name;
  // With a section for each object, the linker script can place the arena.
  result.compile = {"arm-none-eabi-gcc", "-mthumb", "-fdata-sections"};
  result.compile.insert(result.compile.end(), device.flags.begin(), device.flags.end());
  result.sources = {(folder / "device/start.c").string()};
  result.link = {"-nostartfiles", "--specs=rdimon.specs", "-L" + (folder / "device").string(),
                 "-T" + device.name + ".ld"};
  // One nanosecond an instruction: the same run each time, and instructions can be counted.
  result.run = {"qemu-system-arm",
                "-M",
                device.machine,
                "-icount",
                "shift=0",
                "-nographic",
                "-monitor",
                "none",
                "-serial",
                "none",
                "-semihosting-config",
                "enable=on,target=native",
                "-kernel"};
  result.count = {
      "-DDEVICE_INSTRUCTIONS_PER_4_TICKS=" + std::to_string(device.instructions_per_4_ticks),
      (folder / "device/count.c").string()};
  result.packages = "gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm";
  return result;
}

void require_installed(const Toolchain& toolchain) {
  for (const auto* command : {&toolchain.compile, &toolchain.run})
    require(command->empty() || on_path(command->front()), toolchain.name,
            ": there is no program '", command->empty() ? "" : command->front(),
            "' on PATH: apt-get install ", toolchain.packages);
}

}  // namespace integrad
