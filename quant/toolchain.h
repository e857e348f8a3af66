#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "integrad/quant/device.h"

namespace integrad {

/// How an emitted project becomes a program that runs here: lists of words for commands.
struct Toolchain {
  std::string name;                  ///< "gcc", "cortex-m4"
  std::vector<std::string> compile;  ///< the compiler and its flags
  std::vector<std::string> sources;  ///< beside the project's own, with their folder
  std::vector<std::string> link;     ///< flags after all sources
  std::vector<std::string> run;      ///< before the executable's name; empty: it runs by itself
  std::vector<std::string> count;    ///< flags and sources to count instructions; empty: it cannot
  std::string packages;              ///< the Debian packages that hold its programs
};

/// A compiler for this machine, by its name on PATH.
Toolchain host_toolchain(const std::string& compiler);
/// The cross compiler and emulator of a device, for the emitted project in `folder`.
Toolchain device_toolchain(const Device& device, const std::filesystem::path& folder);

/// Throws Error, naming the packages to install, when one of its programs is not on PATH.
void require_installed(const Toolchain& toolchain);

}  // namespace integrad
