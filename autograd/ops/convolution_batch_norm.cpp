#include "integrad/autograd/ops/convolution_batch_norm.h"

#include "integrad/autograd/ops/input_target.h"
#include "integrad/autograd/ops/normalizer.h"
#include "integrad/tensor/kernels/batch_norm.h"
#include "integrad/tensor/kernels/convolution_norm.h"

namespace integrad {

namespace {

using kernels::Convolution;

// The sums that the gradient through a mapped node's statistics needs, [2][channels]: from the last
// contributor to its cotangent, or taken now.
template <class T>
std::vector<double> cotangent_sums(Tape<T>& tape, Var node, const StoredTensor<T>& cotangent) {
  const kernels::Lines lines = kernels::Lines::of(cotangent.shape());
  std::vector<double> sums(static_cast<std::size_t>(2 * lines.channels));
  if (const kernels::LineSums* taken = tape.gradient_sums(node)) {
    taken->total(sums.data());
  } else {
    kernels::LineSums partial(lines);
    kernels::gradient_sums(lines, tape.map(node)->view(), cotangent.elements(),
                           tape.stored(node).elements(), partial);
    partial.total(sums.data());
  }
  return sums;
}

template <class T>
Var record(Tape<T>& tape, const char* operation, Convolution kind, const ConvGeometry& g, Var x,
           Var filter, Var bias, const Normalization<T>& norm) {
  using Channels = std::vector<double>;
  const Var gamma = norm.gamma, beta = norm.beta;
  const bool biased = bias != Var{};
  const Index channels =
      check_batch_norm(tape, g.output(), gamma, beta, norm.running, norm.options);
  check_batch_rows(g.output());
  const kernels::Lines lines = kernels::Lines::of(g.output());

  auto y = StoredTensor<T>::uninitialized(g.output(), tape.storage());
  Channels sums(static_cast<std::size_t>(2 * channels)), mean(sums.size() / 2),
      variance(mean.size());
  kernels::convolve_and_sum(kind, g, tape.lines(x), tape.value(filter).data(),
                            biased ? tape.value(bias).data() : nullptr, y.target(), sums.data());
  kernels::moments_of(sums.data(), lines.rows(), channels, mean.data(), variance.data());
  update_running(norm.running, mean, variance, lines.rows(), norm.options.momentum);
  const Normalizer<T> normalizer(mean, variance, norm.options.epsilon, tape.value(gamma));
  ChannelMapping<T> map = normalizer.map(tape.value(beta), norm.relu);

  const Var node{tape.size()};  // the one that is about to be recorded
  const auto backward = [=](Tape<T>& t, const StoredTensor<T>& cotangent) {
    const Channels sums = cotangent_sums(t, node, cotangent);
    const auto line = normalizer.gradient_line(sums, lines.rows());
    Tensor<T> dfilter = Tensor<T>::uninitialized(t.shape(filter));
    Tensor<T> dbias = Tensor<T>::uninitialized(Shape{channels});
    InputTarget<T> input(t, x);
    const auto dy = kernels::cotangent_lines<T>(
        lines, {cotangent.elements(), t.stored(node).elements(), t.map(node)->view(),
                line.slope.data(), line.offset.data()});
    kernels::convolution_gradients(kind, g, t.lines(x), t.value(filter).data(), dy,
                                   input.gradient(), dfilter.data(),
                                   biased ? dbias.data() : nullptr);
    input.finish();
    t.accumulate(filter, std::move(dfilter));
    if (biased) t.accumulate(bias, std::move(dbias));
    normalizer.accumulate(t, gamma, beta, sums);
  };
  if (biased)
    return tape.record_mapped(operation, std::move(y), std::move(map),
                              {x, filter, gamma, beta, bias}, backward);
  return tape.record_mapped(operation, std::move(y), std::move(map), {x, filter, gamma, beta},
                            backward);
}

}  // namespace

template <class T>
Var conv2d_batch_norm(Tape<T>& tape, Var x, Var filter, Var bias, const WindowSpec& window,
                      Index groups, const Normalization<T>& norm) {
  const ConvGeometry g = conv2d_geometry(tape.shape(x), tape.shape(filter), window, groups);
  require(bias == Var{} || tape.shape(bias) == Shape{g.out_channels},
          "convolution needs a bias of shape [", g.out_channels, "]");
  return record(tape, "conv2d_batch_norm", Convolution::full, g, x, filter, bias, norm);
}

template <class T>
Var depthwise_conv2d_batch_norm(Tape<T>& tape, Var x, Var filter, Var bias,
                                const WindowSpec& window, const Normalization<T>& norm) {
  const ConvGeometry g = depthwise_geometry(tape.shape(x), tape.shape(filter), window);
  require(bias == Var{} || tape.shape(bias) == Shape{g.out_channels},
          "depthwise convolution needs a bias of shape [", g.out_channels, "]");
  return record(tape, "depthwise_conv2d_batch_norm", Convolution::depthwise, g, x, filter, bias,
                norm);
}

template Var conv2d_batch_norm(Tape<float>&, Var, Var, Var, const WindowSpec&, Index,
                               const Normalization<float>&);
template Var conv2d_batch_norm(Tape<double>&, Var, Var, Var, const WindowSpec&, Index,
                               const Normalization<double>&);
template Var depthwise_conv2d_batch_norm(Tape<float>&, Var, Var, Var, const WindowSpec&,
                                         const Normalization<float>&);
template Var depthwise_conv2d_batch_norm(Tape<double>&, Var, Var, Var, const WindowSpec&,
                                         const Normalization<double>&);

}  // namespace integrad
