#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "integrad/nn/fold.h"
#include "integrad/quant/emitted_program.h"
#include "integrad/quant/qgraph.h"

namespace integrad {

struct VerifyOptions {
  std::filesystem::path folder;        ///< the emitted project
  bool emit = true;                    ///< write it first; false: check what is there
  std::vector<std::string> compilers;  ///< names on PATH
  std::vector<std::string> optimizations{"-O0", "-O3"};
  /// Called with a path's name once its program is compiled: two for each compiler and
  /// optimisation.
  std::function<void(const std::string&)> on_compiled = {};
  PlanOptions plan = {};                  ///< of the emitted project
  std::vector<std::string> devices = {};  ///< emulated cores, by name (device.h)
  std::vector<std::string> device_optimizations{"-O2"};
  /// Also compile for each device a program that counts instructions, and run it on the first
  /// image.
  bool count = false;
  std::chrono::seconds limit{900};  ///< for a program and an image; after it, it has failed
  /// The folder of Arm's CMSIS-NN, if the emitted project calls it; such a project ignores `plan`.
  std::filesystem::path cmsis_nn = {};
};

struct LayerTally {
  std::string name, operation;
  Shape shape;
  Index bytes = 0;  ///< compared, over all paths
  Index differences = 0;
  Index macs = 0;  ///< multiply-accumulates for one image
};

/// Instructions of each layer for one image, by the layer's place in the report.
struct InstructionCount {
  std::string path;  ///< "cortex-m4 -O2"
  std::vector<Index> layers;
  Index total() const;
};

/// Where two paths part first.
struct Divergence {
  std::string path;  ///< which one disagrees with the training-time forward
  std::string layer;
  Index image, y, x, channel;
  int expected, got;
};

struct VerifyReport {
  std::vector<std::string> paths;
  std::vector<LayerTally> layers;
  Index images = 0, bytes = 0, differences = 0;
  std::optional<Divergence> first;  ///< of the first image that differs, the earliest layer
  std::vector<InstructionCount> counts = {};
  Index macs() const;  ///< of all layers
};

/// Instructions for each multiply-accumulate, or for each output of a layer that has none.
double instructions_per_unit(const LayerTally& layer, Index instructions);

/// Compares, byte for byte, the training-time fake-quantised forward with the integer runner and
/// with the emitted C, compiled for this machine and for emulated cores (traced: every layer;
/// untraced: the output).
class Verifier {
 public:
  /// Lowers, emits and compiles. Throws Error when any of that fails.
  Verifier(Model<float> folded, std::vector<Quantization> quantizations, const Target& target,
           const VerifyOptions& options);

  /// One image [1,h,w,c] in [0,1].
  void check(const Tensor<float>& image);
  const VerifyReport& report() const { return report_; }
  const QGraph& program() const { return program_; }

 private:
  void compile(const Toolchain& toolchain, const std::string& optimization,
               const VerifyOptions& options);
  void compare(const std::string& path, int layer, Index first,
               std::span<const std::int8_t> expected, std::span<const std::int8_t> got);

  Model<float> model_;
  std::vector<Quantization> quantizations_;
  const Target& target_;
  QGraph program_;
  std::vector<EmittedProgram> traced_, plain_, counted_;
  VerifyReport report_;
  int first_layer_ = -1;
  Index first_image_ = -1;
};

}  // namespace integrad
