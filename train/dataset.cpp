#include "integrad/train/dataset.h"

#include <algorithm>

namespace integrad {

namespace {

void check_mask(const Sample& sample, const Image& mask, const char* what) {
  require(mask.shape() == sample.image.shape().with(3, 1), "sample '", sample.name,
          "': the image is ", sample.image.shape(), ", its ", what, " ", mask.shape());
  require(std::all_of(mask.begin(), mask.end(), [](std::uint8_t v) { return v <= 1; }), "sample '",
          sample.name, "': its ", what, " holds values other than 0 and 1");
}

}  // namespace

void check_sample(const Sample& sample) {
  const Shape& shape = sample.image.shape();
  require(shape.rank() == 4 && shape.batch() == 1 && shape.channels() == 3 && !sample.image.empty(),
          "sample '", sample.name, "': an image has the shape [1,h,w,3]; got ", shape);
  check_mask(sample, sample.mask, "mask");
  check_mask(sample, sample.field_of_view, "field of view");
}

}  // namespace integrad
