#pragma once
#include "integrad/bench/layers.h"
#include "integrad/quant/qgraph.h"
#include "integrad/tensor/geometry.h"
#include "integrad/tensor/tensor.h"

namespace integrad::bench {

Tensor<float> random_tensor(const Shape& shape, std::uint64_t stream, double low = -1,
                            double high = 1);

/// A float convolution with operands of its own, on the kernels that training uses.
class FloatConvolution {
 public:
  /// `side` replaces the layer's.
  FloatConvolution(const LayerCase& layer, Index side);
  explicit FloatConvolution(const LayerCase& layer) : FloatConvolution(layer, layer.side) {}
  void run(Direction direction);
  /// Whether run() and the plain loops give the same bits.
  bool matches_reference(Direction direction);

 private:
  Tensor<float>& result(Direction direction);

  bool depthwise_;
  ConvGeometry geometry_;
  Tensor<float> x_, filter_, bias_, cotangent_, y_, x_gradient_, filter_gradient_, bias_gradient_;
};

/// The same layer in integers, as the runner of quantised models runs it: a program of an input and
/// one convolution.
class IntegerConvolution {
 public:
  IntegerConvolution(const LayerCase& layer, Index side);
  explicit IntegerConvolution(const LayerCase& layer) : IntegerConvolution(layer, layer.side) {}
  void run();
  /// Whether run() and the C kernel give the same codes.
  bool matches_reference();

 private:
  QGraph program_;
  Tensor<std::int8_t> codes_, result_;
};

}  // namespace integrad::bench
