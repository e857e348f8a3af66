#include "integrad/autograd/ops/batch_norm.h"

#include "integrad/autograd/ops/normalizer.h"
#include "integrad/tensor/kernels/batch_norm.h"

namespace integrad {

namespace {

using Channels = std::vector<double>;

// Appends the node for given statistics. With `batch_statistics` they depend on x; without,
// d_x = gamma r d.
template <class T>
Var record(Tape<T>& tape, Var x, Var gamma, Var beta, const Normalizer<T>& normalizer,
           bool batch_statistics) {
  const Shape shape = tape.shape(x);
  const kernels::Lines lines = kernels::Lines::of(shape);
  const ChannelMapping<T> map = normalizer.map(tape.value(beta), false);
  Tensor<T> y = Tensor<T>::uninitialized(shape);
  kernels::map_lines(lines, map.view(), tape.value(x).data(), y.data());

  const auto backward = [=](Tape<T>& t, const Tensor<T>& cotangent) {
    const bool parameters = t.needs_gradient(gamma) || t.needs_gradient(beta);
    const T* const values = t.value(x).data();
    Channels sums(2 * map.scale.size());
    if (parameters || batch_statistics) {
      kernels::LineSums partial(lines);
      kernels::gradient_sums<T>(lines, map.view(), {cotangent.data()}, {values}, partial);
      partial.total(sums.data());
    }
    if (t.needs_gradient(x)) {
      Tensor<T> dx = Tensor<T>::uninitialized(shape);
      if (batch_statistics) {
        const auto line = normalizer.gradient_line(sums, lines.rows());
        kernels::normalize_gradient(lines, map.view(), line.slope.data(), line.offset.data(),
                                    cotangent.data(), values, dx.data());
      } else {  // d * scale
        const std::vector<T> zeros(map.scale.size(), T(0));
        kernels::map_lines(lines, {map.scale.data(), zeros.data(), false}, cotangent.data(),
                           dx.data());
      }
      t.accumulate(x, std::move(dx));
    }
    if (parameters) normalizer.accumulate(t, gamma, beta, sums);
  };
  return tape.record("batch_norm", std::move(y), {x, gamma, beta}, backward);
}

}  // namespace

template <class T>
Var batch_norm(Tape<T>& tape, Var x, Var gamma, Var beta, BatchNormState<T>& running,
               const BatchNormOptions& options) {
  const Shape shape = tape.shape(x);
  const Index channels = check_batch_norm(tape, shape, gamma, beta, running, options);
  check_batch_rows(shape);
  const kernels::Lines lines = kernels::Lines::of(shape);
  Channels sums(static_cast<std::size_t>(2 * channels)), mean(sums.size() / 2),
      variance(mean.size());
  kernels::channel_sums(lines, tape.value(x).data(), sums.data());
  kernels::moments_of(sums.data(), lines.rows(), channels, mean.data(), variance.data());
  update_running(running, mean, variance, lines.rows(), options.momentum);
  return record(tape, x, gamma, beta,
                Normalizer<T>(mean, variance, options.epsilon, tape.value(gamma)), true);
}

template <class T>
Var batch_norm_frozen(Tape<T>& tape, Var x, Var gamma, Var beta, const BatchNormState<T>& running,
                      const BatchNormOptions& options) {
  check_batch_norm(tape, tape.shape(x), gamma, beta, running, options);
  for (const T v : running.variance)
    require(v >= 0, "batch normalisation needs running variances of at least 0; got ", v);
  const Normalizer<T> normalizer(Channels(running.mean.begin(), running.mean.end()),
                                 Channels(running.variance.begin(), running.variance.end()),
                                 options.epsilon, tape.value(gamma));
  return record(tape, x, gamma, beta, normalizer, false);
}

template Var batch_norm(Tape<float>&, Var, Var, Var, BatchNormState<float>&,
                        const BatchNormOptions&);
template Var batch_norm(Tape<double>&, Var, Var, Var, BatchNormState<double>&,
                        const BatchNormOptions&);
template Var batch_norm_frozen(Tape<float>&, Var, Var, Var, const BatchNormState<float>&,
                               const BatchNormOptions&);
template Var batch_norm_frozen(Tape<double>&, Var, Var, Var, const BatchNormState<double>&,
                               const BatchNormOptions&);

}  // namespace integrad
