#include "integrad/autograd/ops/normalizer.h"

#include <cmath>

namespace integrad {

template <class T>
Normalizer<T>::Normalizer(std::vector<double> mean, const std::vector<double>& variance,
                          double epsilon, const Tensor<T>& gamma)
    : mean_(std::move(mean)), inverse_(mean_.size()), slope_(mean_.size()) {
  for (std::size_t c = 0; c < inverse_.size(); ++c) {
    inverse_[c] = 1 / std::sqrt(variance[c] + epsilon);
    slope_[c] = gamma[static_cast<Index>(c)] * inverse_[c];
  }
}

template <class T>
ChannelMapping<T> Normalizer<T>::map(const Tensor<T>& beta, bool relu) const {
  const std::size_t channels = slope_.size();
  ChannelMapping<T> map{std::vector<T>(channels), std::vector<T>(channels), relu};
  for (std::size_t c = 0; c < channels; ++c) {
    map.scale[c] = static_cast<T>(slope_[c]);
    map.shift[c] = static_cast<T>(beta[static_cast<Index>(c)] - mean_[c] * slope_[c]);
  }
  return map;
}

template <class T>
typename Normalizer<T>::Line Normalizer<T>::gradient_line(const std::vector<double>& sums,
                                                          Index rows) const {
  const double count = static_cast<double>(rows);
  const std::size_t channels = slope_.size();
  Line line{std::vector<T>(channels), std::vector<T>(channels)};
  for (std::size_t c = 0; c < channels; ++c) {
    const double slope = -slope_[c] * inverse_[c] * inverse_[c] * (product(sums, c) / count);
    line.slope[c] = static_cast<T>(slope);
    line.offset[c] = static_cast<T>(-slope_[c] * (sums[c] / count) - mean_[c] * slope);
  }
  return line;
}

template <class T>
void Normalizer<T>::accumulate(Tape<T>& tape, Var gamma, Var beta,
                               const std::vector<double>& sums) const {
  const Index channels = static_cast<Index>(slope_.size());
  Tensor<T> dgamma(Shape{channels}), dbeta(Shape{channels});
  for (std::size_t c = 0; c < slope_.size(); ++c) {
    dgamma[static_cast<Index>(c)] = static_cast<T>(product(sums, c) * inverse_[c]);
    dbeta[static_cast<Index>(c)] = static_cast<T>(sums[c]);
  }
  tape.accumulate(gamma, std::move(dgamma));
  tape.accumulate(beta, std::move(dbeta));
}

template <class T>
Index check_batch_norm(const Tape<T>& tape, const Shape& shape, Var gamma, Var beta,
                       const BatchNormState<T>& running, const BatchNormOptions& options) {
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

void check_batch_rows(const Shape& shape) {
  require(shape.elements() / shape.channels() >= 2,
          "batch normalisation trains on at least two values per channel; got ", shape);
}

template <class T>
void update_running(BatchNormState<T>& running, const std::vector<double>& mean,
                    const std::vector<double>& variance, Index rows, double momentum) {
  const double keep = 1 - momentum, take = momentum;
  const double unbiased = static_cast<double>(rows) / static_cast<double>(rows - 1);
  for (std::size_t i = 0; i < mean.size(); ++i) {
    const Index c = static_cast<Index>(i);
    running.mean[c] = static_cast<T>(keep * running.mean[c] + take * mean[i]);
    running.variance[c] =
        static_cast<T>(keep * running.variance[c] + take * (variance[i] * unbiased));
  }
}

template class Normalizer<float>;
template class Normalizer<double>;
template Index check_batch_norm(const Tape<float>&, const Shape&, Var, Var,
                                const BatchNormState<float>&, const BatchNormOptions&);
template Index check_batch_norm(const Tape<double>&, const Shape&, Var, Var,
                                const BatchNormState<double>&, const BatchNormOptions&);
template void update_running(BatchNormState<float>&, const std::vector<double>&,
                             const std::vector<double>&, Index, double);
template void update_running(BatchNormState<double>&, const std::vector<double>&,
                             const std::vector<double>&, Index, double);

}  // namespace integrad
