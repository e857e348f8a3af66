#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "integrad/autograd/ops/convolution_batch_norm.h"
#include "integrad/autograd/ops/max_pool2d.h"
#include "integrad/autograd/tape.h"
#include "integrad/nn/graph.h"
#include "integrad/nn/parameters.h"

namespace integrad {

enum class Mode {
  train,     ///< parameters are leaves, batch norm uses and records the batch's statistics
  evaluate,  ///< parameters are constants, batch norm uses the running statistics
};

/// Whether the chains convolution -> batch norm (-> ReLU) of a graph that is trained become one
/// operator each (convolution_batch_norm.h), where nobody else reads what lies between. The bits
/// are the same, in less memory and time; the nodes of such a chain share one value, the last's.
enum class Fusion { on, off };

/// Evaluates layers in floating point, for interpret(). In training mode the running statistics in
/// `parameters` are updated as the layers are evaluated.
template <class T>
class FloatEvaluator {
 public:
  using Inputs = std::span<const Var>;

  /// Throws Error when the parameters are not the graph's.
  FloatEvaluator(Tape<T>& tape, const Graph& graph, Parameters<T>& parameters, Mode mode,
                 Fusion fusion = Fusion::on);

  Var input(Var image) { return image; }
  Var operator()(int id, const layer::Conv2d& l, Inputs in);
  Var operator()(int id, const layer::DepthwiseConv2d& l, Inputs in);
  Var operator()(int id, const layer::TransposedConv2d& l, Inputs in);
  Var operator()(int id, const layer::FullyConnected& l, Inputs in);
  Var operator()(int id, const layer::BatchNorm& l, Inputs in);
  Var operator()(int id, const layer::Pointwise& l, Inputs in);
  Var operator()(int id, const layer::MaxPool& l, Inputs in);
  Var operator()(int id, const layer::MaxUnpool& l, Inputs in);
  Var operator()(int id, const layer::AveragePool& l, Inputs in);
  Var operator()(int id, const layer::Resize& l, Inputs in);
  Var operator()(int id, const layer::Arithmetic& l, Inputs in);
  Var operator()(int id, const layer::Concat& l, Inputs in);
  Var operator()(int id, const layer::Pad& l, Inputs in);
  Var operator()(int id, const layer::Slice& l, Inputs in);
  Var operator()(int id, const layer::Reshape& l, Inputs in);
  Var operator()(int id, const layer::Softmax& l, Inputs in);
  Var operator()(int id, const layer::GlobalMean& l, Inputs in);

  /// The parameters on the tape, one for each entry of parameters.all().
  const std::vector<Var>& parameter_values() const { return values_; }

 protected:
  Var parameter(int id, const char* name) const;
  /// A transposed convolution's, over all channels.
  Var dense_weight(int id, const layer::TransposedConv2d& l) const;
  Var bias(int id, bool present) const { return present ? parameter(id, "bias") : Var{}; }
  Var activate(Var x, Activation activation) const;

  Tape<T>& tape_;
  const Graph& graph_;
  Parameters<T>& parameters_;
  Mode mode_;
  std::vector<std::shared_ptr<const PoolWinners>> winners_;  // by node

 private:
  // A layer's running statistics, taken from the parameters and put back by store().
  BatchNormState<T> running_statistics(int id) const;
  void store(int id, BatchNormState<T> statistics);
  // The one reader of a node that is fused into it, if that is a layer of this kind.
  template <class L>
  std::optional<int> follower(int id) const;
  // Evaluates a convolution with the normalisation that follows it; convolve(norm) records both.
  template <class Convolve>
  std::optional<Var> fused(int id, Activation activation, Convolve&& convolve);

  Fusion fusion_;
  std::vector<std::vector<int>> readers_;
  std::vector<bool> done_;  // by node: evaluated together with its input
  std::vector<Var> values_;
};

}  // namespace integrad
