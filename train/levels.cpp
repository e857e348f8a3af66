#include "integrad/train/levels.h"

#include "integrad/tensor/error.h"
#include "integrad/tensor/kernels/resize.h"

namespace integrad {

namespace {

Tensor<float> resized(const Tensor<float>& x, Index height, Index width, bool bilinear) {
  const Shape& from = x.shape();
  const auto axis = [&](Index inputs, Index outputs) {
    return bilinear ? kernels::linear_axis(inputs, outputs, false, true)
                    : kernels::nearest_axis(inputs, outputs, false, true);
  };
  Tensor<float> y = Tensor<float>::uninitialized({from.batch(), height, width, from.channels()});
  kernels::resize_forward(from, axis(from.height(), height), axis(from.width(), width), x.data(),
                          y.data());
  return y;
}

}  // namespace

Tensor<float> shrunk(const Tensor<float>& images, Index factor) {
  const Shape& shape = images.shape();
  require(factor >= 1 && shape.height() % factor == 0 && shape.width() % factor == 0, "images of ",
          shape.height(), " x ", shape.width(), " cannot be shrunk by ", factor);
  if (factor == 1) return images;
  return resized(images, shape.height() / factor, shape.width() / factor, false);
}

std::vector<Tensor<float>> level_targets(const Tensor<float>& truth,
                                         const std::vector<Shape>& levels) {
  std::vector<Tensor<float>> targets;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const Shape& level = levels[i];
    const bool same =
        level.height() == truth.shape().height() && level.width() == truth.shape().width();
    targets.push_back(same ? truth : resized(truth, level.height(), level.width(), i > 0));
  }
  return targets;
}

Tensor<float> enlarged(const Tensor<float>& logits, Index height, Index width, Enlargement method) {
  if (logits.shape().height() == height && logits.shape().width() == width) return logits;
  return resized(logits, height, width, method == Enlargement::bilinear);
}

}  // namespace integrad
