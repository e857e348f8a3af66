#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "integrad/quant/export_c.h"

namespace integrad {

struct Memory {
  std::uint32_t origin;  ///< its address
  Index bytes;
};

/// A Cortex-M core as a machine of QEMU has it.
struct Device {
  std::string name;                ///< "cortex-m4"
  std::string machine;             ///< QEMU's
  std::vector<std::string> flags;  ///< of the compiler, for this core
  Memory code;                     ///< program and constants; the vector table at its begin
  Memory ram;                      ///< the C library's and the start-up's variables
  Memory large;                    ///< input, output and arena; heap; stack
  int instructions_per_4_ticks;    ///< of its SysTick when an instruction takes one nanosecond
};

const std::vector<Device>& devices();
/// Throws Error listing the known ones when there is none of this name.
const Device& find_device(std::string_view name);

/// What an emitted project needs to run on these devices, in its folder device/: start-up, linker
/// scripts, make's variables of each core, and the counter of instructions.
std::vector<EmittedFile> device_files();

/// Throws Error with the sizes when the device has not the memory that a program needs.
void require_fits(const Device& device, const QGraph& program, const Footprint& needs);

}  // namespace integrad
