#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "integrad/quant/export_c.h"

namespace integrad {

/// Writes an emitted project into a folder (made when missing), each file beside and renamed.
void write_files(const std::filesystem::path& folder, const std::vector<EmittedFile>& files);

/// An emitted C project, compiled and ready to run on this machine.
class EmittedProgram {
 public:
  /// Compiles <folder>/main.c and model.c into <folder>/build/. Throws Error with the compiler's
  /// words when it fails.
  EmittedProgram(const std::filesystem::path& folder, const std::string& compiler,
                 const std::string& optimization, bool traced);

  /// "gcc -O3", or "gcc -O3 traced".
  const std::string& name() const { return name_; }

  /// The outputs for these input codes (one or more images), in order. Throws Error when the
  /// program fails.
  std::vector<std::int8_t> run(std::span<const std::int8_t> input) const;

  /// Runs a traced program: `codes(layer, first, values)` receives every block of codes as soon as
  /// it is computed, layer -1 being the output.
  using Trace = std::function<void(int layer, Index first, std::span<const std::int8_t> values)>;
  void run_traced(std::span<const std::int8_t> input, const Trace& codes) const;

 private:
  std::string name_;
  std::filesystem::path executable_;
};

}  // namespace integrad
