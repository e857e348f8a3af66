#include "integrad/train/resize.h"

#include <algorithm>
#include <vector>

#include "integrad/tensor/parallel.h"

namespace integrad {

namespace {

void check_sizes(const Image& image, Index height, Index width) {
  require(image.shape().rank() == 4 && image.shape().batch() == 1 && !image.empty(),
          "resizing needs an image of shape [1,h,w,c]; got ", image.shape());
  require(height >= 1 && width >= 1, "an image cannot be resized to ", width, " x ", height);
}

/// Calls store(y, x * channels + c, sum, area) with the weighted sum of the covered input. Lengths
/// are counted in units that divide both grids: input pixel i covers [i out, (i + 1) out), output
/// pixel j covers [j in, (j + 1) in). A sum is at
/// most 255 times the area, which is checked to be below 2^48.
template <class Store>
void box_sums(const Image& image, Index height, Index width, Store store) {
  check_sizes(image, height, width);
  const Index in_height = image.shape().height(), in_width = image.shape().width();
  const Index channels = image.shape().channels(), area = in_height * in_width;
  require(area <= Index{1} << 48, "an image of shape ", image.shape(), " is too large to resize");
  auto overlap = [](Index in, Index out, Index i, Index j) {
    return std::min((i + 1) * out, (j + 1) * in) - std::max(i * out, j * in);
  };
  parallel_for(height, 16, [&](Index begin, Index end) {
    std::vector<Index> column(static_cast<std::size_t>(in_width * channels));
    for (Index y = begin; y < end; ++y) {
      std::fill(column.begin(), column.end(), 0);
      for (Index i = y * in_height / height; i * height < (y + 1) * in_height; ++i) {
        const Index weight = overlap(in_height, height, i, y);
        const std::uint8_t* row = image.data() + i * in_width * channels;
        for (std::size_t k = 0; k < column.size(); ++k) column[k] += weight * row[k];
      }
      for (Index x = 0; x < width; ++x)
        for (Index c = 0; c < channels; ++c) {
          Index sum = 0;
          for (Index i = x * in_width / width; i * width < (x + 1) * in_width; ++i)
            sum +=
                overlap(in_width, width, i, x) * column[static_cast<std::size_t>(i * channels + c)];
          store(y, x * channels + c, sum, area);
        }
    }
  });
}

}  // namespace

Image crop(const Image& image, const Crop& r) {
  const Shape& shape = image.shape();
  require(shape.rank() == 4 && shape.batch() == 1,
          "cropping needs an image of shape [1,h,w,c]; got ", shape);
  require(r.y >= 0 && r.x >= 0 && r.height >= 1 && r.width >= 1 &&
              r.height <= shape.height() - r.y && r.width <= shape.width() - r.x,
          "a crop of ", r.width, " x ", r.height, " at column ", r.x, ", row ", r.y,
          " does not fit an image of shape ", shape);
  Image result = Image::uninitialized(Shape{1, r.height, r.width, shape.channels()});
  for (Index y = 0; y < r.height; ++y)
    std::copy_n(image.data() + image.offset(0, r.y + y, r.x, 0), r.width * shape.channels(),
                result.data() + result.offset(0, y, 0, 0));
  return result;
}

Image resize_box(const Image& image, Index height, Index width) {
  check_sizes(image, height, width);
  if (image.shape().height() == height && image.shape().width() == width) return image;
  Image result = Image::uninitialized(Shape{1, height, width, image.shape().channels()});
  const Index row = width * image.shape().channels();
  box_sums(image, height, width, [&](Index y, Index k, Index sum, Index area) {
    result[y * row + k] = static_cast<std::uint8_t>((sum + area / 2) / area);
  });
  return result;
}

Image resize_box_mask(const Image& mask, Index height, Index width) {
  check_sizes(mask, height, width);
  Image result = Image::uninitialized(Shape{1, height, width, mask.shape().channels()});
  const Index row = width * mask.shape().channels();
  box_sums(mask, height, width, [&](Index y, Index k, Index sum, Index area) {
    result[y * row + k] = 2 * sum > area ? 1 : 0;
  });
  return result;
}

Image resize_nearest(const Image& image, Index height, Index width) {
  check_sizes(image, height, width);
  const Index channels = image.shape().channels();
  Image result = Image::uninitialized(Shape{1, height, width, channels});
  for (Index y = 0; y < height; ++y)
    for (Index x = 0; x < width; ++x) {
      const Index from_y = (2 * y + 1) * image.shape().height() / (2 * height);
      const Index from_x = (2 * x + 1) * image.shape().width() / (2 * width);
      std::copy_n(image.data() + image.offset(0, from_y, from_x, 0), channels,
                  result.data() + result.offset(0, y, x, 0));
    }
  return result;
}

}  // namespace integrad
