#pragma once
#include <span>
#include <string>
#include <vector>

#include "integrad/quant/quantization.h"
#include "integrad/quant/range_gradient.h"
#include "integrad/tensor/tensor.h"

namespace integrad {

struct ObserverOptions {
  enum class Method {
    min_max,     ///< the extremes of each batch
    percentile,  ///< the values below which (1 - p) and p of each batch lie
    learned,     ///< calibrated by the extremes, then moved by gradient()
  };
  Method method = Method::min_max;
  double percentile = 0.9999;
  /// Weight of a new batch in the moving average; the first batch counts whole.
  double momentum = 0.1;
};

/// "min-max", "percentile" or "learned".
std::string name_of(ObserverOptions::Method method);
/// Throws Error, starting with `who`, for another name.
ObserverOptions::Method range_method(const std::string& name, const std::string& who);

/// Tracks the range of real values of every node of a folded graph as an exponential moving average
/// over batches, and turns the ranges into quantisations. Nodes that share a quantiser
/// (quantizer_classes) share the range of those that compute.
class RangeObserver {
 public:
  /// Throws Error when layers share a quantiser that cannot serve both (prescribed_quantizations).
  RangeObserver(const Graph& graph, ObserverOptions options);

  /// One node's float values in a batch (calibration of a float model); a node seen again begins
  /// the next batch. Within a batch the nodes of a class unite their ranges. Throws Error, naming
  /// the layer, when there are none or one is not finite.
  void observe(int node, const Tensor<float>& values);
  /// One batch's ranges of all nodes, as FakeQuantEvaluator::observed() gives them; those of layers
  /// that copy codes are passed over. Throws Error unless there are as many as nodes, all finite.
  void observe(std::span<const Range> ranges);

  /// Of the bounds as state() holds them, by those of each node: [nodes, 3], in units of each
  /// range's width. A bound at 0 stays there, as ReLUs want it.
  Tensor<float> gradient(std::span<const RangeGradient> nodes) const;
  /// Moves bounds by so many widths of their range ([nodes, 3], the last column counts nothing); 0
  /// stays inside.
  void move(const Tensor<float>& widths);

  /// The image and the layers whose kernel prescribes it have a fixed quantisation. Throws Error
  /// naming a layer that was never observed.
  std::vector<Quantization> quantizations() const;

  /// The state as a tensor [nodes, 3] (low, high, observed), for checkpoints.
  Tensor<float> state() const;
  /// Throws Error when the state is not of this graph.
  void restore(const Tensor<float>& state);

 private:
  struct Tracked {
    Range range;
    bool started = false;
  };
  std::size_t class_of(int node) const;
  bool computes(int node) const;
  void unite(int node, Range range);
  Tracked with_batch(std::size_t shared) const;
  void finish_batch();

  const Graph& graph_;
  ObserverOptions options_;
  std::vector<int> classes_;
  std::vector<const Quantization*> prescribed_;  // by node
  std::vector<Tracked> tracked_;                 // by class: the batches that are complete
  std::vector<Tracked> batch_;                   // by class: the batch that is being observed
  std::vector<bool> seen_;                       // by node, in this batch
};

}  // namespace integrad
