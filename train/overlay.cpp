#include "integrad/train/overlay.h"

#include <algorithm>

#include "integrad/train/resize.h"

namespace integrad {

namespace {

constexpr std::uint8_t kOutline[3] = {64, 255, 96};

bool on_outline(const Image& mask, Index y, Index x) {
  const Index bottom = mask.shape().height() - 1, right = mask.shape().width() - 1;
  return (y > 0 && mask(0, y - 1, x, 0) == 0) || (y < bottom && mask(0, y + 1, x, 0) == 0) ||
         (x > 0 && mask(0, y, x - 1, 0) == 0) || (x < right && mask(0, y, x + 1, 0) == 0);
}

void paste(Image& sheet, const Image& tile, Index top, Index left) {
  const Index row = tile.shape().width() * 3;
  for (Index y = 0; y < tile.shape().height(); ++y)
    std::copy_n(tile.data() + y * row, row, sheet.data() + sheet.offset(0, top + y, left, 0));
}

}  // namespace

Image overlay(const Image& photograph, const Image& mask) {
  require(photograph.shape().rank() == 4 && photograph.shape().channels() == 3 &&
              mask.shape() == photograph.shape().with(3, 1),
          "an overlay needs a photograph [1,h,w,3] and a mask [1,h,w,1] of its size; got ",
          photograph.shape(), " and ", mask.shape());
  Image result = photograph;
  for (Index y = 0; y < mask.shape().height(); ++y)
    for (Index x = 0; x < mask.shape().width(); ++x) {
      if (mask(0, y, x, 0) == 0) continue;
      const int tint = on_outline(mask, y, x) ? 4 : 1;  // quarters
      for (Index c = 0; c < 3; ++c) {
        std::uint8_t& value = result(0, y, x, c);
        value = static_cast<std::uint8_t>((value * (4 - tint) + kOutline[c] * tint) / 4);
      }
    }
  return result;
}

Image contact_sheet(std::span<const Sample> samples, Index side, Index columns) {
  require(!samples.empty() && side >= 1 && columns >= 1,
          "a contact sheet needs samples, a side and columns of at least 1; got ", samples.size(),
          " samples, side ", side, ", ", columns, " columns");
  constexpr Index kGap = 4;
  const Index count = static_cast<Index>(samples.size());
  columns = std::min(columns, count);
  const Index rows = (count + columns - 1) / columns;
  const Index pair = 2 * side + kGap;
  Image sheet({1, rows * (side + kGap) + kGap, columns * (pair + kGap) + kGap, 3});
  for (Index i = 0; i < count; ++i) {
    const Sample& sample = samples[static_cast<std::size_t>(i)];
    const Index top = kGap + i / columns * (side + kGap);
    const Index left = kGap + i % columns * (pair + kGap);
    const Image marked = overlay(sample.image, sample.mask);
    paste(sheet, resize_box(sample.image, side, side), top, left);
    paste(sheet, resize_box(marked, side, side), top, left + side + kGap);
  }
  return sheet;
}

}  // namespace integrad
