#pragma once
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "integrad/tensor/geometry.h"

namespace integrad {

/// A clamp that a layer applies to its own result; what a separate ReLU is folded into.
enum class Activation { none, relu, relu6 };
std::string_view name_of(Activation activation);

/// How a parameter starts: Kaiming normal with gain sqrt(2) over the fan-in, or a constant, or (a
/// weight [out,kh,kw,in], `in` a multiple of `out`) such that output channel o is made of the mean
/// of the input channels i with i % out == o alone: `repeat` gives each tap that mean, `smooth`
/// weighs it by the binomials, [1,2,1]/4 of a side of three. A repeating transposed 2x2 convolution
/// of stride 2 and then a smoothing 3x3 are bilinear interpolation between pixels' centres.
enum class Initial { kaiming, zero, one, repeat, smooth };

struct ParameterSpec {
  std::string name;  ///< within its layer: "weight"
  Shape shape;
  Initial initial = Initial::zero;
  Index fan_in = 0;
  bool trainable = true;
};

using Shapes = std::span<const Shape>;

/// The layers a model is written in. Each is plain attributes plus its rules: `output` gives the
/// shape for one image (batch 1; throws Error when the inputs do not fit), `parameters` what it
/// owns, `macs` its multiply-accumulates for one image. Absent rules mean none.
namespace layer {

struct Input {
  static constexpr std::string_view kName = "input";
  Shape shape;  ///< [1,height,width,channels]
  Shape output(Shapes inputs) const;
};

/// Parameters: weight [out,kh,kw,in/groups], bias [out].
struct Conv2d {
  static constexpr std::string_view kName = "conv2d";
  Index out_channels;
  WindowSpec window;
  Index groups = 1;
  bool bias = true;
  Activation activation = Activation::none;
  Initial start = Initial::kaiming;  ///< of the weight
  Shape output(Shapes inputs) const;
  std::vector<ParameterSpec> parameters(Shapes inputs) const;
  Index macs(Shapes inputs) const;
};

/// Parameters: weight [1,kh,kw,in*multiplier], bias [in*multiplier].
struct DepthwiseConv2d {
  static constexpr std::string_view kName = "depthwise_conv2d";
  WindowSpec window;
  Index multiplier = 1;
  bool bias = true;
  Activation activation = Activation::none;
  Shape output(Shapes inputs) const;
  std::vector<ParameterSpec> parameters(Shapes inputs) const;
  Index macs(Shapes inputs) const;
};

/// Parameters: weight [out,kh,kw,in/groups], bias [out]. Kernels of microcontrollers have no groups
/// here: what is computed, in floats too, is the convolution over all channels with zeros between
/// the groups, and so are its multiply-accumulates counted.
struct TransposedConv2d {
  static constexpr std::string_view kName = "transposed_conv2d";
  Index out_channels;
  WindowSpec window;
  std::int32_t output_padding = 0;
  bool bias = true;
  Activation activation = Activation::none;
  Initial start = Initial::kaiming;  ///< of the weight
  Index groups = 1;
  Shape output(Shapes inputs) const;
  std::vector<ParameterSpec> parameters(Shapes inputs) const;
  Index macs(Shapes inputs) const;
};

/// Input [1,features]. Parameters: weight [out,features], bias [out].
struct FullyConnected {
  static constexpr std::string_view kName = "fully_connected";
  Index out_features;
  bool bias = true;
  Activation activation = Activation::none;
  Shape output(Shapes inputs) const;
  std::vector<ParameterSpec> parameters(Shapes inputs) const;
  Index macs(Shapes inputs) const;
};

/// Parameters: gamma, beta, and the untrained running_mean, running_variance, each [channels].
struct BatchNorm {
  static constexpr std::string_view kName = "batch_norm";
  double epsilon = 1e-5;
  double momentum = 0.1;
  Shape output(Shapes inputs) const;
  std::vector<ParameterSpec> parameters(Shapes inputs) const;
};

struct Pointwise {
  static constexpr std::string_view kName = "pointwise";
  enum class Function { relu, relu6, sigmoid, hard_sigmoid, hard_swish };
  Function function;
  Shape output(Shapes inputs) const;
};

struct MaxPool {
  static constexpr std::string_view kName = "max_pool2d";
  static constexpr bool kCopiesCodes = true;
  WindowSpec window;
  Shape output(Shapes inputs) const;
};

/// Inputs: the values, and the MaxPool node whose winners say where they go.
struct MaxUnpool {
  static constexpr std::string_view kName = "max_unpool2d";
  static constexpr bool kCopiesCodes = true;
  WindowSpec window;    ///< the pool's
  Index height, width;  ///< of the pool's input
  Shape output(Shapes inputs) const;
};

struct AveragePool {
  static constexpr std::string_view kName = "average_pool2d";
  static constexpr bool kCopiesCodes = true;
  WindowSpec window;
  Shape output(Shapes inputs) const;
};

struct Resize {
  static constexpr std::string_view kName = "resize2d";
  static constexpr bool kCopiesCodes = true;
  enum class Method { nearest, bilinear };
  Method method;
  Index height, width;
  bool align_corners = false, half_pixel_centers = false;
  Shape output(Shapes inputs) const;
};

/// Two inputs; the second may be per channel or a scalar.
struct Arithmetic {
  static constexpr std::string_view kName = "arithmetic";
  enum class Function { add, sub, mul };
  Function function;
  Activation activation = Activation::none;
  Shape output(Shapes inputs) const;
};

/// Along channels.
struct Concat {
  static constexpr std::string_view kName = "concat";
  static constexpr bool kCopiesCodes = true;
  Shape output(Shapes inputs) const;
};

/// Zeros around the image.
struct Pad {
  static constexpr std::string_view kName = "pad";
  static constexpr bool kCopiesCodes = true;
  Index top = 0, bottom = 0, left = 0, right = 0;
  Shape output(Shapes inputs) const;
};

/// Begin and size per axis of one image: [y, x, channel].
struct Slice {
  static constexpr std::string_view kName = "slice";
  static constexpr bool kCopiesCodes = true;
  Index begin[3];
  Index size[3];
  Shape output(Shapes inputs) const;
};

struct Reshape {
  static constexpr std::string_view kName = "reshape";
  static constexpr bool kCopiesCodes = true;
  Shape shape;  ///< for one image: first extent 1
  Shape output(Shapes inputs) const;
};

/// Over the last axis.
struct Softmax {
  static constexpr std::string_view kName = "softmax";
  Shape output(Shapes inputs) const;
};

/// Over height and width: [1,1,1,channels].
struct GlobalMean {
  static constexpr std::string_view kName = "mean";
  Shape output(Shapes inputs) const;
};

}  // namespace layer

/// The closed list. Every treatment of a model (training, lowering, printing) visits it, so the
/// compiler names each place that a new layer must be handled.
using Layer = std::variant<layer::Input, layer::Conv2d, layer::DepthwiseConv2d,
                           layer::TransposedConv2d, layer::FullyConnected, layer::BatchNorm,
                           layer::Pointwise, layer::MaxPool, layer::MaxUnpool, layer::AveragePool,
                           layer::Resize, layer::Arithmetic, layer::Concat, layer::Pad,
                           layer::Slice, layer::Reshape, layer::Softmax, layer::GlobalMean>;

std::string_view name_of(const Layer& layer);
Shape output_of(const Layer& layer, Shapes inputs);
std::vector<ParameterSpec> parameters_of(const Layer& layer, Shapes inputs);
Index macs_of(const Layer& layer, Shapes inputs);
/// The clamp inside a layer that can hold one, else null.
Activation* activation_of(Layer& layer);
const Activation* activation_of(const Layer& layer);

template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

}  // namespace integrad
