#include "integrad/train/photograph.h"

#include <algorithm>

#include "integrad/tensor/kernels/resize.h"
#include "integrad/train/field_of_view.h"

namespace integrad {

namespace {

Index rounded_up(Index side, Index multiple) {
  return (side + multiple - 1) / multiple * multiple;
}

void pad(Framing& framing, Index side_multiple) {
  framing.padded_height = rounded_up(framing.height, side_multiple);
  framing.padded_width = rounded_up(framing.width, side_multiple);
}

/// The smallest rectangle around what is not 0; empty when all is.
Crop bounds_of(const Image& mask) {
  const Index height = mask.shape().height(), width = mask.shape().width();
  Index top = height, bottom = 0, left = width, right = 0;
  for (Index y = 0; y < height; ++y)
    for (Index x = 0; x < width; ++x)
      if (mask(0, y, x, 0) != 0) {
        top = std::min(top, y);
        bottom = y + 1;
        left = std::min(left, x);
        right = std::max(right, x + 1);
      }
  if (bottom == 0) return {};
  return {.y = top, .x = left, .height = bottom - top, .width = right - left};
}

/// `length` * to / from, to nearest, at least 1.
Index scaled(Index length, Index to, Index from) {
  return std::max<Index>(1, (2 * length * to + from) / (2 * from));
}

}  // namespace

Framing frame_whole(const Shape& photograph, Index size, Index side_multiple) {
  Framing framing;
  framing.photo_height = photograph.height();
  framing.photo_width = photograph.width();
  framing.part = {.y = 0, .x = 0, .height = photograph.height(), .width = photograph.width()};
  framing.height = size == 0 ? photograph.height() : size;
  framing.width = size == 0 ? photograph.width() : size;
  pad(framing, side_multiple);
  return framing;
}

Framing frame_retina(const Image& photograph, Index diameter, Index side_multiple) {
  const Index height = photograph.shape().height(), width = photograph.shape().width();
  const Image view = field_of_view(photograph);
  const Crop bounds = bounds_of(view);
  const auto seen = static_cast<Index>(std::count(view.values().begin(), view.values().end(), 1));
  require(20 * seen >= height * width, "no retina is found: its field of view would be ", seen,
          " of ", height * width, " pixels; --size scales the whole image instead");
  const Index found = std::max(bounds.height, bounds.width);
  const Index margin = found / 50;  // black around the disc, as in training
  Framing framing;
  framing.photo_height = height;
  framing.photo_width = width;
  framing.part.y = std::max<Index>(0, bounds.y - margin);
  framing.part.x = std::max<Index>(0, bounds.x - margin);
  framing.part.height = std::min(height, bounds.y + bounds.height + margin) - framing.part.y;
  framing.part.width = std::min(width, bounds.x + bounds.width + margin) - framing.part.x;
  framing.height = scaled(framing.part.height, diameter, found);
  framing.width = scaled(framing.part.width, diameter, found);
  pad(framing, side_multiple);
  return framing;
}

Image framed(const Image& photograph, const Framing& framing) {
  const Image part = crop(photograph, framing.part);
  const Image seen = resize_box(part, framing.height, framing.width);
  Image padded(Shape{1, framing.padded_height, framing.padded_width, 3});
  for (Index y = 0; y < framing.height; ++y)
    std::copy_n(seen.data() + y * framing.width * 3, framing.width * 3,
                padded.data() + y * framing.padded_width * 3);
  return padded;
}

Image mask_on_photograph(const Tensor<float>& logits, const Framing& framing) {
  require(logits.shape() == Shape{1, framing.padded_height, framing.padded_width, 1},
          "logits of a photograph framed to ", framing.padded_height, " x ", framing.padded_width,
          " are ", logits.shape());
  const Shape seen{1, framing.height, framing.width, 1};
  Tensor<float> inside = Tensor<float>::uninitialized(seen);
  for (Index y = 0; y < framing.height; ++y)
    std::copy_n(logits.data() + y * framing.padded_width, framing.width,
                inside.data() + y * framing.width);
  const Crop& part = framing.part;
  Tensor<float> on_part = Tensor<float>::uninitialized({1, part.height, part.width, 1});
  kernels::resize_forward(seen, kernels::linear_axis(framing.height, part.height, false, true),
                          kernels::linear_axis(framing.width, part.width, false, true),
                          inside.data(), on_part.data());
  Image mask(Shape{1, framing.photo_height, framing.photo_width, 1});
  for (Index y = 0; y < part.height; ++y)
    for (Index x = 0; x < part.width; ++x)
      if (on_part(0, y, x, 0) > 0) mask(0, part.y + y, part.x + x, 0) = 255;
  return mask;
}

}  // namespace integrad
