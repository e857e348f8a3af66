#include "integrad/nn/logistic.h"
#include "integrad/nn/losses.h"
#include "integrad/nn/structure_weights.h"
#include "integrad/tensor/kernels/logistic_lines.h"

namespace integrad {

namespace {

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
    const Index first = image * plane.elements();
    losses::structure_weights_band(plane, target.data() + first, options.window, options.weight,
                                   begin, end, weights.data() + first);
    for (Index y = begin; y < end; ++y)
      channel_lines(logits, first / row() + y, [&](Index c, const T* z, const T* m, const T* w) {
        kernels::add_logistic_sums(shape.width(), z, m, w, partial + c * kSums);
      });
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
    const double pixels = static_cast<double>(shape.height() * shape.width());
    const Index channels = shape.channels(), width = shape.width();
    const StructureSums* image = maps.data() + y / shape.height() * channels;
    std::vector<T> line(static_cast<std::size_t>(channels == 1 ? 0 : width));
    channel_lines(logits, y, [&](Index c, const T* z, const T* m, const T* w) {
      const StructureSums& s = image[c];
      // wiou by p: dI = w m and d(U - I) = w (1 - m).
      const kernels::LogisticSlopes slopes{
          .scale = cotangent / (2 * static_cast<double>(maps.size())),
          .weight_share = weighted ? 1 / s.weight : 0,
          .plain_share = weighted ? 0 : 1 / pixels,
          .ratio = s.ratio(),
          .inverse_remainder = 1 / s.remainder()};
      T* const into = gradient + y * row() + c;
      kernels::logistic_gradient_line(slopes, width, z, m, w, channels == 1 ? into : line.data());
      for (Index x = 0; channels > 1 && x < width; ++x)
        into[x * channels] = line[static_cast<std::size_t>(x)];
    });
  }

 private:
  // body(c, z, m, w) for each channel of row y of all images, its points side by side.
  template <class Body>
  void channel_lines(const T* logits, Index y, Body&& body) const {
    const Index channels = shape.channels(), width = shape.width(), first = y * row();
    const T* const from[3] = {logits + first, target.data() + first, weights.data() + first};
    if (channels == 1) return body(0, from[0], from[1], from[2]);
    std::vector<T> lines(static_cast<std::size_t>(3 * width));
    for (Index c = 0; c < channels; ++c) {
      for (Index k = 0; k < 3; ++k)
        for (Index x = 0; x < width; ++x)
          lines[static_cast<std::size_t>(k * width + x)] = from[k][x * channels + c];
      body(c, lines.data(), lines.data() + width, lines.data() + 2 * width);
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
