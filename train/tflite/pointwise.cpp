#include "integrad/tensor/error.h"
#include "integrad/train/tflite/node.h"

namespace integrad::tflite {

namespace {

template <class Attributes>
TensorId arithmetic(const NodeContext& n, const OperatorKind& kind, const Attributes& a) {
  return n.composer.apply(kind, {n.in(0), n.in(1)}, n.out(),
                          {activation(n, slot::arithmetic::activation, a.low, a.high)});
}

// TFLM stops the program when the last of the three multipliers is 1 or more.
TensorId sum(const NodeContext& n, const OperatorKind& kind, const integrad_add& a) {
  require(a.output_scale.shift <= 0,
          "TFLM needs an output scale above 2^-19 of the larger input scale; got ",
          n.node().quantization.scale, " for inputs of ", n.source(0).quantization.scale, " and ",
          n.source(1).quantization.scale);
  return arithmetic(n, kind, a);
}

}  // namespace

TensorId append(const NodeContext& n, const quantized::Add& o) {
  return sum(n, kind::add, o.attributes);
}
TensorId append(const NodeContext& n, const quantized::Subtract& o) {
  return sum(n, kind::sub, o.attributes);
}
TensorId append(const NodeContext& n, const quantized::Multiply& o) {
  return arithmetic(n, kind::mul, o.attributes);
}

TensorId append(const NodeContext& n, const quantized::Softmax& /*softmax*/) {
  return n.composer.apply(kind::softmax, {n.in(0)}, n.out(), {{slot::softmax::beta, 1.0f}});
}

TensorId append(const NodeContext& n, const quantized::Requantize& o) {
  const NamedActivation clamp = named_activation(n, o.attributes.low, o.attributes.high);
  if (clamp.fused != FusedActivation::relu6)
    return n.composer.apply(clamp.alone, {n.in(0)}, n.out());
  // TFLM's RELU6 compares codes with the input's zero point and 6, and rescales nothing.
  TensorEntry rescaled = n.out();
  rescaled.name += "/rescaled";
  const TensorId codes = n.composer.apply(kind::quantize, {n.in(0)}, std::move(rescaled));
  return n.composer.apply(kind::relu6, {codes}, n.out());
}
TensorId append(const NodeContext& n, const quantized::Logistic&) {
  return n.composer.apply(kind::logistic, {n.in(0)}, n.out());
}
TensorId append(const NodeContext& n, const quantized::HardSwish&) {
  return n.composer.apply(kind::hard_swish, {n.in(0)}, n.out());
}

}  // namespace integrad::tflite
