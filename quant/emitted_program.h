#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "integrad/quant/export_c.h"
#include "integrad/quant/process.h"
#include "integrad/quant/toolchain.h"

namespace integrad {

/// Writes an emitted project into a folder (made when missing), each file beside and renamed.
void write_files(const std::filesystem::path& folder, const std::vector<EmittedFile>& files);

/// What an emitted program is compiled to do.
enum class Build {
  plain,    ///< write outputs
  traced,   ///< write every layer's codes
  counted,  ///< write every layer's instructions
};

/// An emitted C project, compiled and ready to run: on this machine, or on an emulated core.
class EmittedProgram {
 public:
  /// Compiles the sources in <folder> into <folder>/build/. A run that takes longer than `limit` is
  /// stopped. Throws Error with the compiler's words when it fails.
  EmittedProgram(const std::filesystem::path& folder, Toolchain toolchain,
                 const std::string& optimization, Build build,
                 std::chrono::seconds limit = kNoLimit,
                 const std::vector<std::string>& sources = {"main.c", "model.c"});

  /// "gcc -O3", "cortex-m4 -O2 traced".
  const std::string& name() const { return name_; }

  /// The outputs for these input codes (one or more images), in order. Throws Error when the
  /// program fails.
  std::vector<std::int8_t> run(std::span<const std::int8_t> input) const;

  /// Runs a traced program: `codes(layer, first, values)` receives every block of codes as soon as
  /// it is computed, layer -1 being the output.
  using Trace = std::function<void(int layer, Index first, std::span<const std::int8_t> values)>;
  void run_traced(std::span<const std::int8_t> input, const Trace& codes) const;

  /// Runs a counted program: the instructions of each layer, by its id, summed over the images.
  std::vector<Index> count(std::span<const std::int8_t> input) const;

 private:
  using Consume = std::function<void(std::span<const std::int8_t>)>;
  void execute(std::span<const std::int8_t> input, const Consume& consume) const;

  std::string name_;
  Toolchain toolchain_;
  std::filesystem::path executable_;
  std::chrono::seconds limit_;
};

}  // namespace integrad
