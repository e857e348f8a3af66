#pragma once
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
  PlanOptions plan = {};  ///< of the emitted project
};

struct LayerTally {
  std::string name, operation;
  Shape shape;
  Index bytes = 0;  ///< compared, over all paths
  Index differences = 0;
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
};

/// Compares, byte for byte, the training-time fake-quantised forward with the integer runner and
/// with the compiled emitted C (traced: every layer; untraced: the output).
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
  void compare(const std::string& path, int layer, Index first,
               std::span<const std::int8_t> expected, std::span<const std::int8_t> got);

  Model<float> model_;
  std::vector<Quantization> quantizations_;
  const Target& target_;
  QGraph program_;
  std::vector<EmittedProgram> traced_, plain_;
  VerifyReport report_;
  int first_layer_ = -1;
  Index first_image_ = -1;
};

}  // namespace integrad
