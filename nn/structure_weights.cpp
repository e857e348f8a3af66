#include "integrad/nn/structure_weights.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "integrad/nn/logistic.h"
#include "integrad/nn/losses.h"

namespace integrad {

namespace losses {

namespace {

// sums[i] += sign * row[i].
template <class T>
void add_row(const T* row, Index size, double sign, double* sums) {
  for (Index i = 0; i < size; ++i) sums[i] += sign * static_cast<double>(row[i]);
}

}  // namespace

// Running sums: each column's sum over the window's rows slides down the image, and the window's
// sum over the columns slides along the row. Two additions and two subtractions per pixel for any
// window; all of them exact for 0/1 masks.
template <class T>
void structure_weights_band(const Shape& image, const T* target, std::int32_t window,
                            std::int32_t weight, Index begin, Index end, T* weights) {
  const Index height = image[0], width = image[1], channels = image[2];
  const Index radius = window / 2, row = width * channels;
  const double area = static_cast<double>(window) * window;
  std::vector<double> columns(static_cast<std::size_t>(row), 0.0);
  std::vector<double> sums(static_cast<std::size_t>(channels));
  for (Index y = std::max<Index>(0, begin - radius); y < std::min(height, begin + radius); ++y)
    add_row(target + y * row, row, 1.0, columns.data());
  for (Index y = begin; y < end; ++y) {
    if (y + radius < height) add_row(target + (y + radius) * row, row, 1.0, columns.data());
    if (y > begin && y - radius - 1 >= 0)
      add_row(target + (y - radius - 1) * row, row, -1.0, columns.data());
    std::fill(sums.begin(), sums.end(), 0.0);
    for (Index x = 0; x < std::min(width, radius); ++x)
      for (Index c = 0; c < channels; ++c)
        sums[static_cast<std::size_t>(c)] += columns[static_cast<std::size_t>(x * channels + c)];
    for (Index x = 0; x < width; ++x)
      for (Index c = 0; c < channels; ++c) {
        double& sum = sums[static_cast<std::size_t>(c)];
        const double* column = columns.data() + x * channels + c;
        if (x + radius < width) sum += column[radius * channels];
        if (x - radius - 1 >= 0) sum -= column[-(radius + 1) * channels];
        const Index i = y * row + x * channels + c;
        const double difference = sum / area - static_cast<double>(target[i]);
        weights[i] = static_cast<T>(1.0 + weight * std::fabs(difference));
      }
  }
}

void check_structure_window(std::int32_t window, std::int32_t weight) {
  require(window >= 1 && window % 2 == 1,
          "structure weights need an odd window of at least 1; got ", window);
  require(weight >= 0, "structure weights need a weight of at least 0; got ", weight);
}

template void structure_weights_band(const Shape&, const float*, std::int32_t, std::int32_t, Index,
                                     Index, float*);
template void structure_weights_band(const Shape&, const double*, std::int32_t, std::int32_t, Index,
                                     Index, double*);

}  // namespace losses

template <class T>
Tensor<T> structure_weights(const Tensor<T>& target, std::int32_t window, std::int32_t weight) {
  const Shape shape = target.shape();
  require(shape.rank() == 4, "structure weights need a target [n,h,w,k]; got ", shape);
  losses::check_structure_window(window, weight);
  Tensor<T> weights = Tensor<T>::uninitialized(shape);
  if (weights.empty()) return weights;
  const Shape image{shape.height(), shape.width(), shape.channels()};
  const Index bands = (shape.height() + losses::kBandRows - 1) / losses::kBandRows;
  parallel_chunks(shape.batch() * bands, [&](Index i) {
    const Index first = i / bands * image.elements(), begin = i % bands * losses::kBandRows;
    losses::structure_weights_band(image, target.data() + first, window, weight, begin,
                                   std::min(shape.height(), begin + losses::kBandRows),
                                   weights.data() + first);
  });
  return weights;
}

std::int32_t default_structure_window(Index side) {
  if (side >= 62) return 31;
  const auto half = static_cast<std::int32_t>(std::max<Index>(side, 2) / 2);
  return half % 2 == 1 ? half : half - 1;
}

template Tensor<float> structure_weights(const Tensor<float>&, std::int32_t, std::int32_t);
template Tensor<double> structure_weights(const Tensor<double>&, std::int32_t, std::int32_t);

}  // namespace integrad
