#include "integrad/nn/float_evaluator.h"

#include "integrad/autograd/ops/activations.h"
#include "integrad/autograd/ops/arithmetic.h"
#include "integrad/autograd/ops/average_pool2d.h"
#include "integrad/autograd/ops/batch_norm.h"
#include "integrad/autograd/ops/concat.h"
#include "integrad/autograd/ops/conv2d.h"
#include "integrad/autograd/ops/dense_filter.h"
#include "integrad/autograd/ops/depthwise_conv2d.h"
#include "integrad/autograd/ops/fully_connected.h"
#include "integrad/autograd/ops/reduce.h"
#include "integrad/autograd/ops/resize2d.h"
#include "integrad/autograd/ops/slice.h"
#include "integrad/autograd/ops/softmax.h"
#include "integrad/autograd/ops/transposed_conv2d.h"

namespace integrad {

template <class T>
FloatEvaluator<T>::FloatEvaluator(Tape<T>& tape, const Graph& graph, Parameters<T>& parameters,
                                  Mode mode, Fusion fusion)
    : tape_(tape),
      graph_(graph),
      parameters_(parameters),
      mode_(mode),
      winners_(graph.nodes().size()),
      fusion_(fusion),
      readers_(graph.readers()),
      done_(graph.nodes().size()) {
  check_parameters(graph, parameters);
  for (const Parameter<T>& p : parameters.all())
    values_.push_back(mode == Mode::train && p.trainable ? tape.leaf(p.value)
                                                         : tape.constant(p.value));
}

template <class T>
Var FloatEvaluator<T>::parameter(int id, const char* name) const {
  return values_[parameters_.position(graph_.node(id).parameter(name))];
}

template <class T>
Var FloatEvaluator<T>::dense_weight(int id, const layer::TransposedConv2d& l) const {
  const Var weight = parameter(id, "weight");
  return l.groups == 1 ? weight : dense_filter(tape_, weight, l.groups);
}

template <class T>
Var FloatEvaluator<T>::activate(Var x, Activation activation) const {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu:
      return relu(tape_, x);
    case Activation::relu6:
      return relu6(tape_, x);
  }
  return x;
}

template <class T>
template <class L>
std::optional<int> FloatEvaluator<T>::follower(int id) const {
  const std::vector<int>& readers = readers_[static_cast<std::size_t>(id)];
  if (readers.size() != 1 || !std::holds_alternative<L>(graph_.node(readers[0]).layer))
    return std::nullopt;
  return readers[0];
}

template <class T>
template <class Convolve>
std::optional<Var> FloatEvaluator<T>::fused(int id, Activation activation, Convolve&& convolve) {
  const auto norm = follower<layer::BatchNorm>(id);
  if (fusion_ == Fusion::off || mode_ != Mode::train || activation != Activation::none || !norm)
    return std::nullopt;
  const auto& l = std::get<layer::BatchNorm>(graph_.node(*norm).layer);
  const auto last = follower<layer::Pointwise>(*norm);
  const bool relu = last && std::get<layer::Pointwise>(graph_.node(*last).layer).function ==
                                layer::Pointwise::Function::relu;
  BatchNormState<T> statistics = running_statistics(*norm);
  const Var y = convolve(Normalization<T>{parameter(*norm, "gamma"),
                                          parameter(*norm, "beta"),
                                          statistics,
                                          {l.epsilon, l.momentum},
                                          relu});
  store(*norm, std::move(statistics));
  done_[static_cast<std::size_t>(*norm)] = true;
  if (relu) done_[static_cast<std::size_t>(*last)] = true;
  return y;
}

template <class T>
Var FloatEvaluator<T>::operator()(int id, const layer::Conv2d& l, Inputs in) {
  const auto both = fused(id, l.activation, [&](const Normalization<T>& norm) {
    return conv2d_batch_norm(tape_, in[0], parameter(id, "weight"), bias(id, l.bias), l.window,
                             l.groups, norm);
  });
  if (both) return *both;
  return activate(
      conv2d(tape_, in[0], parameter(id, "weight"), bias(id, l.bias), l.window, l.groups),
      l.activation);
}

template <class T>
Var FloatEvaluator<T>::operator()(int id, const layer::DepthwiseConv2d& l, Inputs in) {
  const auto both = fused(id, l.activation, [&](const Normalization<T>& norm) {
    return depthwise_conv2d_batch_norm(tape_, in[0], parameter(id, "weight"), bias(id, l.bias),
                                       l.window, norm);
  });
  if (both) return *both;
  return activate(
      depthwise_conv2d(tape_, in[0], parameter(id, "weight"), bias(id, l.bias), l.window),
      l.activation);
}

template <class T>
Var FloatEvaluator<T>::operator()(int id, const layer::TransposedConv2d& l, Inputs in) {
  return activate(transposed_conv2d(tape_, in[0], dense_weight(id, l), bias(id, l.bias), l.window,
                                    l.output_padding),
                  l.activation);
}

template <class T>
Var FloatEvaluator<T>::operator()(int id, const layer::FullyConnected& l, Inputs in) {
  return activate(fully_connected(tape_, in[0], parameter(id, "weight"), bias(id, l.bias)),
                  l.activation);
}

template <class T>
BatchNormState<T> FloatEvaluator<T>::running_statistics(int id) const {
  const std::string& name = graph_.node(id).name;
  BatchNormState<T> running;
  running.mean = parameters_.at(name + "/running_mean");
  running.variance = parameters_.at(name + "/running_variance");
  return running;
}

template <class T>
void FloatEvaluator<T>::store(int id, BatchNormState<T> statistics) {
  const std::string& name = graph_.node(id).name;
  parameters_.at(name + "/running_mean") = std::move(statistics.mean);
  parameters_.at(name + "/running_variance") = std::move(statistics.variance);
}

template <class T>
Var FloatEvaluator<T>::operator()(int id, const layer::BatchNorm& l, Inputs in) {
  if (done_[static_cast<std::size_t>(id)]) return in[0];
  const BatchNormOptions options{l.epsilon, l.momentum};
  BatchNormState<T> statistics = running_statistics(id);
  const Var gamma = parameter(id, "gamma"), beta = parameter(id, "beta");
  if (mode_ == Mode::evaluate)
    return batch_norm_frozen(tape_, in[0], gamma, beta, statistics, options);
  const Var y = batch_norm(tape_, in[0], gamma, beta, statistics, options);
  store(id, std::move(statistics));
  return y;
}

template <class T>
Var FloatEvaluator<T>::operator()(int id, const layer::Pointwise& l, Inputs in) {
  if (done_[static_cast<std::size_t>(id)]) return in[0];
  using Function = layer::Pointwise::Function;
  switch (l.function) {
    case Function::relu:
      return relu(tape_, in[0]);
    case Function::relu6:
      return relu6(tape_, in[0]);
    case Function::sigmoid:
      return sigmoid(tape_, in[0]);
    case Function::hard_sigmoid:
      return hard_sigmoid(tape_, in[0]);
    case Function::hard_swish:
      return hard_swish(tape_, in[0]);
  }
  return in[0];
}

template <class T>
Var FloatEvaluator<T>::operator()(int id, const layer::MaxPool& l, Inputs in) {
  const integrad::MaxPool pool = max_pool2d(tape_, in[0], l.window);
  winners_[static_cast<std::size_t>(id)] = pool.winners;
  return pool.y;
}

template <class T>
Var FloatEvaluator<T>::operator()(int id, const layer::MaxUnpool&, Inputs in) {
  const int pool = graph_.node(id).inputs[1];
  return max_unpool2d(tape_, in[0], winners_[static_cast<std::size_t>(pool)]);
}

template <class T>
Var FloatEvaluator<T>::operator()(int, const layer::AveragePool& l, Inputs in) {
  return average_pool2d(tape_, in[0], l.window);
}

template <class T>
Var FloatEvaluator<T>::operator()(int, const layer::Resize& l, Inputs in) {
  const ResizeOptions options{l.align_corners, l.half_pixel_centers};
  return l.method == layer::Resize::Method::nearest
             ? resize_nearest2d(tape_, in[0], l.height, l.width, options)
             : resize_bilinear2d(tape_, in[0], l.height, l.width, options);
}

template <class T>
Var FloatEvaluator<T>::operator()(int, const layer::Arithmetic& l, Inputs in) {
  using Function = layer::Arithmetic::Function;
  const Var y = l.function == Function::add   ? add(tape_, in[0], in[1])
                : l.function == Function::sub ? sub(tape_, in[0], in[1])
                                              : mul(tape_, in[0], in[1]);
  return activate(y, l.activation);
}

template <class T>
Var FloatEvaluator<T>::operator()(int, const layer::Concat&, Inputs in) {
  return concat(tape_, std::vector<Var>(in.begin(), in.end()));
}

template <class T>
Var FloatEvaluator<T>::operator()(int, const layer::Pad& l, Inputs in) {
  const auto points = [](Index value) { return narrow<std::int32_t>(value); };
  return pad(tape_, in[0],
             Padding::fixed(points(l.top), points(l.bottom), points(l.left), points(l.right)));
}

template <class T>
Var FloatEvaluator<T>::operator()(int, const layer::Slice& l, Inputs in) {
  const Index batch = tape_.shape(in[0])[0];
  return slice(tape_, in[0], {0, l.begin[0], l.begin[1], l.begin[2]},
               Shape{batch, l.size[0], l.size[1], l.size[2]});
}

template <class T>
Var FloatEvaluator<T>::operator()(int, const layer::Reshape& l, Inputs in) {
  return reshape(tape_, in[0], l.shape.with(0, tape_.shape(in[0])[0]));
}

template <class T>
Var FloatEvaluator<T>::operator()(int, const layer::Softmax&, Inputs in) {
  return softmax(tape_, in[0]);
}

template <class T>
Var FloatEvaluator<T>::operator()(int, const layer::GlobalMean&, Inputs in) {
  return mean(tape_, in[0], {1, 2});
}

template class FloatEvaluator<float>;
template class FloatEvaluator<double>;

}  // namespace integrad
