#include "integrad/nn/logistic.h"
#include "integrad/nn/losses.h"
#include "integrad/nn/structure_weights.h"

namespace integrad {

namespace {

using losses::Logistic;

// Sums over one image and channel; the comments use the names of losses.h.
struct StructureSums {
  double weight = 0;                  // sum w
  double entropy = 0;                 // sum bce
  double weighted_entropy = 0;        // sum w bce
  double intersection = 0, both = 0;  // I, U

  double remainder() const { return both - intersection + 1; }
  double ratio() const { return (intersection + 1) / remainder(); }
};
constexpr Index kSums = sizeof(StructureSums) / sizeof(double);

template <class T>
struct Structure {
  Shape shape;
  bool weighted;
  Tensor<T> target, weights;
  std::vector<StructureSums> maps;  // [n][k]

  Index row() const { return shape.width() * shape.channels(); }

  // Weights and sums of one band of rows of one image, while its rows are in the cache.
  void forward(const StructureLossOptions& options, const T* logits, Index image, Index begin,
               Index end, double* partial) {
    const Shape plane{shape.height(), shape.width(), shape.channels()};
    const Index first = image * plane.elements(), channels = shape.channels();
    losses::structure_weights_band(plane, target.data() + first, options.window, options.weight,
                                   begin, end, weights.data() + first);
    const Index last = first + end * row();
    for (Index pixel = first + begin * row(); pixel < last; pixel += channels)
      for (Index c = 0; c < channels; ++c) {
        double* const s = partial + c * kSums;
        const Index i = pixel + c;
        const double z = static_cast<double>(logits[i]), m = static_cast<double>(target[i]);
        const double w = static_cast<double>(weights[i]), e = elementary::exp(-std::fabs(z));
        const double entropy = losses::cross_entropy(z, m, e), p = Logistic(z, e).p;
        s[0] += w;
        s[1] += entropy;
        s[2] += w * entropy;
        s[3] += w * p * m;
        s[4] += w * (p + m);
      }
  }

  double value() const {
    const double pixels = static_cast<double>(shape.height() * shape.width());
    double sum = 0;
    for (const StructureSums& s : maps) {
      // The plain mean over the batch is the mean of the images' plain means: all have one size.
      const double wbce = weighted ? s.weighted_entropy / s.weight : s.entropy / pixels;
      sum += (wbce + 1 - s.ratio()) / 2;
    }
    return sum / static_cast<double>(maps.size());
  }

  // The gradient of one row of one image by its logits, for a loss with this cotangent.
  void backward(double cotangent, const T* logits, Index y, T* gradient) const {
    const Index channels = shape.channels();
    const double pixels = static_cast<double>(shape.height() * shape.width());
    const double scale = cotangent / (2 * static_cast<double>(maps.size()));
    const StructureSums* image = maps.data() + y / shape.height() * channels;
    for (Index pixel = y * row(); pixel < (y + 1) * row(); pixel += channels)
      for (Index c = 0; c < channels; ++c) {
        const StructureSums& s = image[c];
        const Index i = pixel + c;
        const double m = static_cast<double>(target[i]), w = static_cast<double>(weights[i]);
        const Logistic l(static_cast<double>(logits[i]));
        const double share = weighted ? w / s.weight : 1 / pixels;
        // wiou by p: dI = w m and d(U - I) = w (1 - m).
        const double dp = w * (s.ratio() * (1 - m) - m) / s.remainder();
        gradient[i] = static_cast<T>(scale * (share * l.minus(m) + dp * l.p * l.q));
      }
  }
};

}  // namespace

template <class T>
Var structure_loss(Tape<T>& tape, Var logits, Tensor<T> target,
                   const StructureLossOptions& options) {
  const Shape shape = tape.shape(logits);
  require(shape.rank() == 4, "structure loss needs logits [n,h,w,k]; got ", shape);
  losses::check_structure_window(options.window, options.weight);
  losses::check_target(shape, target);
  Structure<T> structure{shape,
                         options.reduction == StructureLossOptions::Reduction::weighted,
                         std::move(target),
                         Tensor<T>::uninitialized(shape),
                         {}};
  const T* z = tape.value(logits).data();
  const std::vector<double> totals =
      losses::sum_images(shape.batch(), shape.height(), shape.channels() * kSums,
                         [&](Index image, Index begin, Index end, double* partial) {
                           structure.forward(options, z, image, begin, end, partial);
                         });
  for (std::size_t i = 0; i < totals.size(); i += kSums)
    structure.maps.push_back(
        {totals[i], totals[i + 1], totals[i + 2], totals[i + 3], totals[i + 4]});

  Tensor<T> loss(Shape{1}, static_cast<T>(structure.value()));
  auto backward = [=, structure = std::move(structure)](Tape<T>& t, const Tensor<T>& cotangent) {
    Tensor<T> gradient = Tensor<T>::uninitialized(structure.shape);
    const T* from = t.value(logits).data();
    parallel_for(structure.shape.batch() * structure.shape.height(), 1, [&](Index y, Index) {
      structure.backward(static_cast<double>(cotangent[0]), from, y, gradient.data());
    });
    t.accumulate(logits, std::move(gradient));
  };
  return tape.record("structure_loss", std::move(loss), {logits}, std::move(backward));
}

template Var structure_loss(Tape<float>&, Var, Tensor<float>, const StructureLossOptions&);
template Var structure_loss(Tape<double>&, Var, Tensor<double>, const StructureLossOptions&);

}  // namespace integrad
