#include "integrad/nn/losses.h"

#include "integrad/nn/logistic.h"
#include "integrad/tensor/kernels/reduce.h"

namespace integrad {

using losses::Logistic;

template <class T>
Var binary_cross_entropy(Tape<T>& tape, Var logits, Tensor<T> target) {
  losses::check_target(tape.shape(logits), target);
  const T *z = tape.value(logits).data(), *m = target.data();
  const auto term = [=](Index i) {
    const double logit = static_cast<double>(z[i]);
    return losses::cross_entropy(logit, static_cast<double>(m[i]),
                                 elementary::exp(-std::fabs(logit)));
  };
  const double count = static_cast<double>(target.size());
  double sum = 0;
  kernels::sum_points(1, target.size(), 1, term, &sum);

  Tensor<T> loss(Shape{1}, static_cast<T>(sum / count));
  auto backward = [=, target = std::move(target)](Tape<T>& t, const Tensor<T>& cotangent) {
    Tensor<T> gradient = Tensor<T>::uninitialized(target.shape());
    const double scale = static_cast<double>(cotangent[0]) / count;
    const T *from = t.value(logits).data(), *mask = target.data();
    T* dz = gradient.data();
    parallel_for(gradient.size(), kElementwiseGrain, [=](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) {
        const Logistic l(static_cast<double>(from[i]));
        dz[i] = static_cast<T>(scale * l.minus(static_cast<double>(mask[i])));
      }
    });
    t.accumulate(logits, std::move(gradient));
  };
  return tape.record("binary_cross_entropy", std::move(loss), {logits}, std::move(backward));
}

namespace {

// Sums over one image and channel.
struct DiceSums {
  double both, probability, mask;  // sum p m, sum p, sum m

  static constexpr double kSmoothing = 1;
  double numerator() const { return 2 * both + kSmoothing; }
  double denominator() const { return probability + mask + kSmoothing; }
};

}  // namespace

template <class T>
Var dice_loss(Tape<T>& tape, Var logits, Tensor<T> target) {
  const Shape shape = tape.shape(logits);
  require(shape.rank() == 4, "dice loss needs logits [n,h,w,k]; got ", shape);
  losses::check_target(shape, target);
  const Index channels = shape.channels(), row = shape.width() * channels;
  const T *z = tape.value(logits).data(), *m = target.data();
  const auto band = [=](Index image, Index begin, Index end, double* sums) {
    const Index rows = image * shape.height();
    for (Index pixel = (rows + begin) * row; pixel < (rows + end) * row; pixel += channels)
      for (Index c = 0; c < channels; ++c) {
        double* const s = sums + c * 3;
        const double p = Logistic(static_cast<double>(z[pixel + c])).p;
        const double mask = static_cast<double>(m[pixel + c]);
        s[0] += p * mask;
        s[1] += p;
        s[2] += mask;
      }
  };
  const std::vector<double> totals =
      losses::sum_images(shape.batch(), shape.height(), channels * 3, band);
  std::vector<DiceSums> maps;
  double sum = 0;
  for (std::size_t i = 0; i < totals.size(); i += 3) {
    maps.push_back({totals[i], totals[i + 1], totals[i + 2]});
    sum += 1 - maps.back().numerator() / maps.back().denominator();
  }
  const double count = static_cast<double>(maps.size());

  Tensor<T> loss(Shape{1}, static_cast<T>(sum / count));
  auto backward = [=, target = std::move(target)](Tape<T>& t, const Tensor<T>& cotangent) {
    Tensor<T> gradient = Tensor<T>::uninitialized(shape);
    const double scale = static_cast<double>(cotangent[0]) / count;
    const T *from = t.value(logits).data(), *mask = target.data();
    T* dz = gradient.data();
    parallel_for(shape.batch() * shape.height(), 1, [&](Index y, Index) {
      const DiceSums* image = maps.data() + y / shape.height() * channels;
      for (Index pixel = y * row; pixel < (y + 1) * row; pixel += channels)
        for (Index c = 0; c < channels; ++c) {
          const Logistic l(static_cast<double>(from[pixel + c]));
          const double n = image[c].numerator(), d = image[c].denominator();
          // By p: -(2 m d - n) / d^2.
          const double dp = (n / d - 2 * static_cast<double>(mask[pixel + c])) / d;
          dz[pixel + c] = static_cast<T>(scale * dp * l.p * l.q);
        }
    });
    t.accumulate(logits, std::move(gradient));
  };
  return tape.record("dice_loss", std::move(loss), {logits}, std::move(backward));
}

template Var binary_cross_entropy(Tape<float>&, Var, Tensor<float>);
template Var binary_cross_entropy(Tape<double>&, Var, Tensor<double>);
template Var dice_loss(Tape<float>&, Var, Tensor<float>);
template Var dice_loss(Tape<double>&, Var, Tensor<double>);

}  // namespace integrad
