#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "integrad/nn/fold.h"
#include "integrad/quant/qgraph.h"
#include "integrad/train/optimizer.h"
#include "integrad/train/safetensors.h"

namespace integrad {

/// Where a training run stands.
struct TrainingState {
  Index epoch = 0;  ///< epochs completed
  OptimizerState optimizer;
  std::vector<NamedTensor> average;  ///< WeightAverage::state()
};

/// A model file: safetensors, parameters under their own names, everything else described in the
/// metadata (format, model, height, width, stage, target, config, epoch). A quantised model also
/// holds its ranges ("quantization/ranges"), a run's checkpoint the optimizer's tensors
/// ("optimizer/...") and the weights' average ("average/...").
struct Checkpoint {
  enum class Stage {
    floating,   ///< the model as written, with batch norm
    quantized,  ///< the folded model, with ranges
  };
  std::string model;  ///< a name of the model registry
  Index height = 0, width = 0;
  Stage stage = Stage::floating;
  Parameters<float> parameters;
  Tensor<float> ranges;  ///< RangeObserver::state(); quantised models only
  std::string target;    ///< quantised models only
  std::string config;    ///< JSON of the run that made it; may be empty
  std::optional<TrainingState> training;

  /// The graph at the checkpoint's size, or another one (the parameters do not depend on it).
  Graph graph() const { return graph(height, width); }
  Graph graph(Index height, Index width) const;
  /// The folded model: of a floating checkpoint by folding, of a quantised one as it is.
  Model<float> folded(Index height, Index width) const;
  /// One per node of the folded graph. Throws Error unless quantised.
  std::vector<Quantization> quantizations() const;
  /// The integer program at a size. Throws Error unless quantised.
  QGraph program(Index height, Index width) const;
};

void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);
/// Throws Error naming the file: not a model of this program, an unknown model, parameters that are
/// not the model's, values that are not finite.
Checkpoint load_checkpoint(const std::filesystem::path& path);

}  // namespace integrad
