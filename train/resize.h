#pragma once
#include "integrad/train/image.h"

namespace integrad {

struct Crop {
  Index y = 0, x = 0, height = 0, width = 0;
};
/// The pixels of a rectangle. Throws Error when it is empty or leaves the image.
Image crop(const Image& image, const Crop& rectangle);

/// Any size to any size; each output pixel is the average over the rectangle of the input that it
/// covers, partly covered pixels by their share: exact integer sums, rounded to nearest, halves up.
Image resize_box(const Image& image, Index height, Index width);
/// The same for a mask of 0 and 1: 1 where more than half of the rectangle is.
Image resize_box_mask(const Image& mask, Index height, Index width);
/// The pixel under each output pixel's centre: masks and labels stay what they are.
Image resize_nearest(const Image& image, Index height, Index width);

}  // namespace integrad
