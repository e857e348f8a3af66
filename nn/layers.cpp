#include "integrad/nn/layers.h"

#include "integrad/tensor/error.h"

namespace integrad {

namespace layer {

namespace {

void require_inputs(Shapes inputs, std::size_t count) {
  require(inputs.size() == count, "needs ", count, " inputs; got ", inputs.size());
}

const Shape& single(Shapes inputs) {
  require_inputs(inputs, 1);
  return inputs[0];
}

const Shape& feature_map(Shapes inputs) {
  const Shape& shape = single(inputs);
  require(shape.rank() == 4, "needs a feature map [batch,height,width,channels]; got ", shape);
  return shape;
}

std::vector<ParameterSpec> weight_and_bias(const Shape& weight, Index fan_in, Index outputs,
                                           bool bias, Initial start = Initial::kaiming) {
  std::vector<ParameterSpec> specs{{"weight", weight, start, fan_in}};
  if (bias) specs.push_back({"bias", Shape{outputs}, Initial::zero});
  return specs;
}

}  // namespace

Shape Input::output(Shapes inputs) const {
  require_inputs(inputs, 0);
  require(shape.rank() >= 2 && shape[0] == 1 && shape.elements() > 0,
          "the input's shape is that of one image, its first extent 1; got ", shape);
  return shape;
}

// --- linear layers: the shape of the weight follows from the input, the rest from geometry.h ---

static Shape weight_shape(const Conv2d& l, const Shape& x) {
  require(l.groups >= 1 && x.channels() % l.groups == 0,
          "convolution needs input channels divisible by groups ", l.groups, "; input ", x);
  return {l.out_channels, l.window.kernel_y, l.window.kernel_x, x.channels() / l.groups};
}
Shape Conv2d::output(Shapes inputs) const {
  const Shape& x = feature_map(inputs);
  return conv2d_geometry(x, weight_shape(*this, x), window, groups).output();
}
std::vector<ParameterSpec> Conv2d::parameters(Shapes inputs) const {
  const Shape w = weight_shape(*this, feature_map(inputs));
  return weight_and_bias(w, w[1] * w[2] * w[3], out_channels, bias, start);
}
Index Conv2d::macs(Shapes inputs) const {
  const Shape& x = feature_map(inputs);
  return conv2d_geometry(x, weight_shape(*this, x), window, groups).macs();
}

static Shape weight_shape(const DepthwiseConv2d& l, const Shape& x) {
  return {1, l.window.kernel_y, l.window.kernel_x, x.channels() * l.multiplier};
}
Shape DepthwiseConv2d::output(Shapes inputs) const {
  const Shape& x = feature_map(inputs);
  return depthwise_geometry(x, weight_shape(*this, x), window).output();
}
std::vector<ParameterSpec> DepthwiseConv2d::parameters(Shapes inputs) const {
  const Shape w = weight_shape(*this, feature_map(inputs));
  return weight_and_bias(w, w[1] * w[2], w[3], bias);
}
Index DepthwiseConv2d::macs(Shapes inputs) const {
  const Shape& x = feature_map(inputs);
  return depthwise_geometry(x, weight_shape(*this, x), window).macs();
}

// Of the convolution over all channels.
static Shape weight_shape(const TransposedConv2d& l, const Shape& x) {
  require(l.groups >= 1 && x.channels() % l.groups == 0 && l.out_channels % l.groups == 0,
          "transposed convolution needs channels divisible by groups ", l.groups, "; input ", x,
          ", ", l.out_channels, " output channels");
  return {l.out_channels, l.window.kernel_y, l.window.kernel_x, x.channels()};
}
Shape TransposedConv2d::output(Shapes inputs) const {
  const Shape& x = feature_map(inputs);
  return transposed_geometry(x, weight_shape(*this, x), window, output_padding).input();
}
std::vector<ParameterSpec> TransposedConv2d::parameters(Shapes inputs) const {
  const Shape dense = weight_shape(*this, feature_map(inputs)),
              w = dense.with(3, dense[3] / groups);
  return weight_and_bias(w, w[1] * w[2] * w[3], out_channels, bias, start);
}
Index TransposedConv2d::macs(Shapes inputs) const {
  const Shape& x = feature_map(inputs);
  return transposed_geometry(x, weight_shape(*this, x), window, output_padding).macs();
}

Shape FullyConnected::output(Shapes inputs) const {
  const Shape& x = single(inputs);
  require(x.rank() == 2 && out_features > 0,
          "fully connected needs an input [batch,features]; got ", x);
  return {x[0], out_features};
}
std::vector<ParameterSpec> FullyConnected::parameters(Shapes inputs) const {
  const Index features = single(inputs).channels();
  return weight_and_bias({out_features, features}, features, out_features, bias);
}
Index FullyConnected::macs(Shapes inputs) const {
  return out_features * single(inputs).channels();
}

Shape BatchNorm::output(Shapes inputs) const {
  const Shape& x = single(inputs);
  require(epsilon > 0 && momentum > 0 && momentum <= 1,
          "batch norm needs epsilon above 0 and momentum in (0,1]; got ", epsilon, " and ",
          momentum);
  return x;
}
std::vector<ParameterSpec> BatchNorm::parameters(Shapes inputs) const {
  const Shape c{single(inputs).channels()};
  return {{"gamma", c, Initial::one},
          {"beta", c, Initial::zero},
          {"running_mean", c, Initial::zero, 0, false},
          {"running_variance", c, Initial::one, 0, false}};
}

// --- layers without parameters ---

Shape Pointwise::output(Shapes inputs) const {
  return single(inputs);
}
Shape MaxPool::output(Shapes inputs) const {
  const ConvGeometry geometry = pool_geometry(feature_map(inputs), window);
  require_winners_fit_a_byte(window);
  return geometry.output();
}
Shape MaxUnpool::output(Shapes inputs) const {
  require_inputs(inputs, 2);
  require(inputs[0] == inputs[1], "unpooling needs values of the pool's output shape; values ",
          inputs[0], ", pool ", inputs[1]);
  const Shape full = inputs[0].with(1, height).with(2, width);
  const Shape pooled = pool_geometry(full, window).output();
  require(pooled == inputs[0], "unpooling undoes a pool from ", full, " to ", pooled,
          "; the values have shape ", inputs[0]);
  require_disjoint_windows(window);
  return full;
}
Shape AveragePool::output(Shapes inputs) const {
  return pool_geometry(feature_map(inputs), window).output();
}
Shape Resize::output(Shapes inputs) const {
  require(height > 0 && width > 0, "resize needs a size above 0; got ", height, "x", width);
  return feature_map(inputs).with(1, height).with(2, width);
}
Shape Arithmetic::output(Shapes inputs) const {
  require_inputs(inputs, 2);
  const Shape &a = inputs[0], &b = inputs[1];
  const bool per_channel = b.elements() == a.channels() && b.channels() == a.channels();
  require(a == b || per_channel || b.elements() == 1,
          "arithmetic needs operands of one shape, or a second one per channel or scalar; got ", a,
          " and ", b);
  return a;
}
Shape Concat::output(Shapes inputs) const {
  require(!inputs.empty(), "concat needs at least one input");
  Index channels = 0;
  for (const Shape& input : inputs) {
    require(input.rank() == 4 && input.with(3, 1) == inputs[0].with(3, 1),
            "concat needs inputs that differ in channels only; got ", inputs[0], " and ", input);
    channels += input.channels();
  }
  return inputs[0].with(3, channels);
}
Shape Pad::output(Shapes inputs) const {
  const Shape& x = feature_map(inputs);
  require(top >= 0 && bottom >= 0 && left >= 0 && right >= 0, "pad needs amounts of at least 0");
  return x.with(1, x.height() + top + bottom).with(2, x.width() + left + right);
}
Shape Slice::output(Shapes inputs) const {
  const Shape& x = feature_map(inputs);
  for (int axis = 0; axis < 3; ++axis)
    require(begin[axis] >= 0 && size[axis] > 0 && begin[axis] <= x[axis + 1] - size[axis],
            "slice needs 0 <= begin, 0 < size, begin + size <= extent; axis ", axis + 1, " of ", x,
            ", begin ", begin[axis], ", size ", size[axis]);
  return {x[0], size[0], size[1], size[2]};
}
Shape Reshape::output(Shapes inputs) const {
  const Shape& x = single(inputs);
  require(shape.rank() > 0 && shape[0] == 1 && shape.elements() == x.elements(),
          "reshape needs a shape with as many elements, its first extent 1; from ", x, " to ",
          shape);
  return shape;
}
Shape Softmax::output(Shapes inputs) const {
  return single(inputs);
}
Shape GlobalMean::output(Shapes inputs) const {
  return feature_map(inputs).with(1, 1).with(2, 1);
}

}  // namespace layer

std::string_view name_of(Activation activation) {
  switch (activation) {
    case Activation::none:
      return "none";
    case Activation::relu:
      return "relu";
    case Activation::relu6:
      return "relu6";
  }
  return "?";
}

std::string_view name_of(const Layer& layer) {
  return std::visit(
      []<class L>(const L& l) -> std::string_view {
        if constexpr (std::is_same_v<L, layer::Arithmetic>) {
          static constexpr std::string_view kNames[] = {"add", "sub", "mul"};
          return kNames[static_cast<int>(l.function)];
        } else if constexpr (std::is_same_v<L, layer::Pointwise>) {
          static constexpr std::string_view kNames[] = {"relu", "relu6", "sigmoid", "hard_sigmoid",
                                                        "hard_swish"};
          return kNames[static_cast<int>(l.function)];
        } else if constexpr (std::is_same_v<L, layer::Resize>) {
          return l.method == layer::Resize::Method::nearest ? "resize_nearest2d"
                                                            : "resize_bilinear2d";
        } else {
          return L::kName;
        }
      },
      layer);
}

Shape output_of(const Layer& layer, Shapes inputs) {
  return std::visit([&](const auto& l) { return l.output(inputs); }, layer);
}

std::vector<ParameterSpec> parameters_of(const Layer& layer, Shapes inputs) {
  return std::visit(
      [&](const auto& l) {
        if constexpr (requires { l.parameters(inputs); })
          return l.parameters(inputs);
        else
          return std::vector<ParameterSpec>{};
      },
      layer);
}

Index macs_of(const Layer& layer, Shapes inputs) {
  return std::visit(
      [&](const auto& l) -> Index {
        if constexpr (requires { l.macs(inputs); })
          return l.macs(inputs);
        else
          return 0;
      },
      layer);
}

const Activation* activation_of(const Layer& layer) {
  return std::visit(
      [](const auto& l) -> const Activation* {
        if constexpr (requires { l.activation; })
          return &l.activation;
        else
          return nullptr;
      },
      layer);
}

Activation* activation_of(Layer& layer) {
  return const_cast<Activation*>(activation_of(std::as_const(layer)));
}

}  // namespace integrad
