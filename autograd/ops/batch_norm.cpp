#include "integrad/autograd/ops/batch_norm.h"

#include <algorithm>
#include <cmath>

#include "integrad/tensor/kernels/batch_norm.h"

namespace integrad {

namespace {

// One value per channel in double; rounded to T where the loops over x read it.
using Channels = std::vector<double>;

template <class T>
std::vector<T> rounded(const Channels& values) {
  std::vector<T> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(),
                 [](double v) { return static_cast<T>(v); });
  return result;
}

template <class T>
Index check(const Tape<T>& tape, Var x, Var gamma, Var beta, const BatchNormState<T>& running,
            const BatchNormOptions& options) {
  const Shape& shape = tape.shape(x);
  require(shape.rank() >= 1 && shape.elements() > 0,
          "batch normalisation needs an input [...,channels] with elements; got ", shape);
  const Shape wanted{shape.channels()};
  require(tape.shape(gamma) == wanted && tape.shape(beta) == wanted,
          "batch normalisation needs gamma and beta of shape ", wanted, "; got ", tape.shape(gamma),
          " and ", tape.shape(beta));
  require(running.mean.shape() == wanted && running.variance.shape() == wanted,
          "batch normalisation needs running statistics of shape ", wanted, "; got ",
          running.mean.shape(), " and ", running.variance.shape());
  require(options.epsilon > 0 && options.momentum >= 0 && options.momentum <= 1,
          "batch normalisation needs epsilon above 0 and momentum in 0..1; got ", options.epsilon,
          " and ", options.momentum);
  return shape.channels();
}

// Appends the node for given statistics. With `batch_statistics` they depend on x, and
//   d_x = gamma r (d - mean(d) - xhat mean(d xhat)),  r = 1 / sqrt(variance + epsilon);
// without, d_x = gamma r d.
template <class T>
Var record(Tape<T>& tape, Var x, Var gamma, Var beta, const Channels& mean,
           const Channels& variance, double epsilon, bool batch_statistics) {
  const Shape shape = tape.shape(x);
  const Index channels = shape.channels(), rows = shape.elements() / channels;
  std::vector<T> center = rounded<T>(mean), scale(center.size());
  Channels inverse(center.size());  // 1 / standard deviation
  for (std::size_t c = 0; c < inverse.size(); ++c) {
    inverse[c] = 1 / std::sqrt(variance[c] + epsilon);
    scale[c] = static_cast<T>(tape.value(gamma)[static_cast<Index>(c)] * inverse[c]);
  }
  Tensor<T> y = Tensor<T>::uninitialized(shape);
  kernels::normalize_rows(rows, channels, tape.value(x).data(), center.data(), scale.data(),
                          tape.value(beta).data(), y.data());

  const auto backward = [=](Tape<T>& t, const Tensor<T>& cotangent) {
    const bool parameters = t.needs_gradient(gamma) || t.needs_gradient(beta);
    const T* const values = t.value(x).data();
    Channels sum(center.size()), product(center.size());
    if (parameters || batch_statistics)
      kernels::centered_sums(rows, channels, cotangent.data(), values, center.data(), sum.data(),
                             product.data());
    if (t.needs_gradient(x)) {
      Tensor<T> dx = Tensor<T>::uninitialized(shape);
      std::vector<T> slope(center.size(), T(0)), offset(center.size(), T(0));
      if (batch_statistics) {
        for (std::size_t c = 0; c < slope.size(); ++c) {
          const double g = t.value(gamma)[static_cast<Index>(c)] * inverse[c];
          const double count = static_cast<double>(rows);
          slope[c] = static_cast<T>(-g * inverse[c] * inverse[c] * (product[c] / count));
          offset[c] = static_cast<T>(-g * (sum[c] / count));
        }
        kernels::normalize_gradient(rows, channels, cotangent.data(), values, center.data(),
                                    scale.data(), slope.data(), offset.data(), dx.data());
      } else {  // d * scale, around no mean
        kernels::normalize_rows(rows, channels, cotangent.data(), slope.data(), scale.data(),
                                offset.data(), dx.data());
      }
      t.accumulate(x, std::move(dx));
    }
    if (!parameters) return;
    for (std::size_t c = 0; c < product.size(); ++c) product[c] *= inverse[c];
    t.accumulate(gamma, Tensor<T>(Shape{channels}, rounded<T>(product)));
    t.accumulate(beta, Tensor<T>(Shape{channels}, rounded<T>(sum)));
  };
  return tape.record("batch_norm", std::move(y), {x, gamma, beta}, backward);
}

}  // namespace

template <class T>
Var batch_norm(Tape<T>& tape, Var x, Var gamma, Var beta, BatchNormState<T>& running,
               const BatchNormOptions& options) {
  const Index channels = check(tape, x, gamma, beta, running, options);
  const Index rows = tape.shape(x).elements() / channels;
  require(rows >= 2, "batch normalisation trains on at least two values per channel; got ",
          tape.shape(x));
  Channels mean(static_cast<std::size_t>(channels)), variance(mean.size());
  kernels::channel_moments(rows, channels, tape.value(x).data(), mean.data(), variance.data());
  const Var y = record(tape, x, gamma, beta, mean, variance, options.epsilon, true);

  const double keep = 1 - options.momentum, take = options.momentum;
  const double unbiased = static_cast<double>(rows) / static_cast<double>(rows - 1);
  for (Index c = 0; c < channels; ++c) {
    const std::size_t i = static_cast<std::size_t>(c);
    running.mean[c] = static_cast<T>(keep * running.mean[c] + take * mean[i]);
    running.variance[c] =
        static_cast<T>(keep * running.variance[c] + take * (variance[i] * unbiased));
  }
  return y;
}

template <class T>
Var batch_norm_frozen(Tape<T>& tape, Var x, Var gamma, Var beta, const BatchNormState<T>& running,
                      const BatchNormOptions& options) {
  check(tape, x, gamma, beta, running, options);
  for (const T v : running.variance)
    require(v >= 0, "batch normalisation needs running variances of at least 0; got ", v);
  return record(tape, x, gamma, beta, Channels(running.mean.begin(), running.mean.end()),
                Channels(running.variance.begin(), running.variance.end()), options.epsilon, false);
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
