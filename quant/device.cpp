#include "integrad/quant/device.h"

#include <sstream>

#include "integrad/quant/embedded.h"
#include "integrad/quant/toolchain.h"
#include "integrad/tensor/error.h"

namespace integrad {

namespace {

constexpr Index kKilo = 1024, kMega = 1024 * kKilo;
/// For the C library: its buffers and the calls below main.
constexpr Index kHeapAndStack = 64 * kKilo;
/// For code: kernels, harness and C library took 45 KB at -O2 and 80 KB at -O0.
constexpr Index kCode = 96 * kKilo;

std::string words(const std::vector<std::string>& list) {
  std::string joined;
  for (const std::string& word : list) joined += (joined.empty() ? "" : " ") + word;
  return joined;
}

std::string linker_script(const Device& device) {
  std::ostringstream out;
  out << "/* The memories of " << device.name << " as QEMU's machine " << device.machine
      << " has them. */\nMEMORY {\n";
  const auto memory = [&](const char* name, const char* rights, const Memory& m) {
    out << "  " << name << " (" << rights << ") : ORIGIN = 0x" << std::hex << m.origin << std::dec
        << ", LENGTH = " << m.bytes / kKilo << "K\n";
  };
  memory("code", "rx", device.code);
  memory("ram", "rw", device.ram);
  memory("large", "rw", device.large);
  out << "}\ndevice_heap_and_stack = " << kHeapAndStack << ";\nINCLUDE sections.ld\n";
  return out.str();
}

std::string make_variables(const Device& device) {
  const Toolchain toolchain = device_toolchain(device, ".");
  return "# " + device.name + " as QEMU's machine " + device.machine +
         " has it. Debian packages: " + toolchain.packages +
         "\nDEVICE_CC = " + words(toolchain.compile) +
         "\nDEVICE_SOURCES = " + words(toolchain.sources) +
         "\nDEVICE_LINK = " + words(toolchain.link) + "\nDEVICE_RUN = " + words(toolchain.run) +
         "\nDEVICE_COUNT = " + words(toolchain.count) + "\n";
}

}  // namespace

const std::vector<Device>& devices() {
  // The machines' clocks are 25, 25 and 32 MHz: 40, 40 and 31.25 instructions a tick.
  static const std::vector<Device> all{
      {"cortex-m3",
       "mps2-an385",
       {"-mcpu=cortex-m3"},
       {0x00000000, 4 * kMega},
       {0x20000000, 4 * kMega},
       {0x21000000, 16 * kMega},
       160},
      {"cortex-m4",
       "mps2-an386",
       {"-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"},
       {0x00000000, 4 * kMega},
       {0x20000000, 4 * kMega},
       {0x21000000, 16 * kMega},
       160},
      {"cortex-m55",
       "mps3-an547",
       {"-mcpu=cortex-m55", "-mfloat-abi=hard"},
       {0x00000000, 512 * kKilo},
       {0x20000000, 512 * kKilo},
       {0x60000000, 256 * kMega},
       125},
  };
  return all;
}

const Device& find_device(std::string_view name) {
  std::vector<std::string> names;
  for (const Device& device : devices()) {
    if (device.name == name) return device;
    names.push_back(device.name);
  }
  fail("there is no device '", name, "'; there are: ", words(names));
}

std::vector<EmittedFile> device_files() {
  std::vector<EmittedFile> files;
  for (const char* name : {"start.c", "count.h", "count.c", "sections.ld"})
    files.push_back({std::string("device/") + name,
                     std::string(embedded_text(std::string("quant/emitted/device/") + name))});
  for (const Device& device : devices()) {
    files.push_back({"device/" + device.name + ".ld", linker_script(device)});
    files.push_back({"device/" + device.name + ".mk", make_variables(device)});
  }
  return files;
}

void require_fits(const Device& device, const QGraph& program, const Footprint& needs) {
  const Shape &input = program.nodes.front().shape, &output = program.nodes.back().shape;
  const Index working = needs.arena_bytes + input.elements() + output.elements();
  const Index memory = device.large.bytes - kHeapAndStack, flash = device.code.bytes - kCode;
  require(working <= memory, device.name, ": an image of ", input.height(), "x", input.width(),
          " takes ", working, " bytes of memory (arena ", needs.arena_bytes, ", input ",
          input.elements(), ", output ", output.elements(), "); QEMU's machine ", device.machine,
          " has ", memory, ": choose a smaller image");
  require(needs.flash_bytes <= flash, device.name, ": the model has ", needs.flash_bytes,
          " bytes of constants; beside the code, QEMU's machine ", device.machine, " has ", flash);
}

}  // namespace integrad
