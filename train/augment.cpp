#include "integrad/train/augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>

#include "integrad/tensor/elementary.h"
#include "integrad/tensor/parallel.h"
#include "integrad/tensor/random.h"
#include "integrad/train/elastic_field.h"

namespace integrad {

namespace {

// The streams of this file's random numbers.
constexpr std::uint64_t kAugmentStreams = 0x4175676d656e74;

constexpr std::uint64_t kElasticStream = 1;  // a sample's substream

/// Pixel code to light, by channel: one table a draw, so that both paths below give the same
/// values.
using LightTable = std::array<std::array<float, 256>, 3>;

LightTable light_table(const AugmentationDraw& draw) {
  LightTable table;
  for (std::size_t code = 0; code < 256; ++code) {
    float light = light_of(static_cast<std::uint8_t>(code));
    if (draw.exponent != 1 && code > 0)
      light = static_cast<float>(elementary::pow(static_cast<double>(light), draw.exponent));
    for (std::size_t c = 0; c < 3; ++c)
      table[c][code] = std::clamp(light * draw.brightness[c], 0.0f, 1.0f);
  }
  return table;
}

/// From positions in the result to positions in the original image.
struct Mapping {
  double cosine, sine, centre_y, centre_x;  // cosine and sine over the magnification
  bool flip_y, flip_x;
  Index height, width;  // of the original

  Index row(Index y) const { return flip_y ? height - 1 - y : y; }
  Index column(Index x) const { return flip_x ? width - 1 - x : x; }
};

void copy_row(const Sample& sample, const Mapping& map, const AugmentationDraw& draw,
              const LightTable& light, Index y, float* image, float* mask) {
  const Index row = map.row(y + draw.crop_y) * map.width;
  for (Index x = 0; x < draw.width; ++x) {
    const Index from = row + map.column(x + draw.crop_x);
    for (Index c = 0; c < 3; ++c)
      image[3 * x + c] = light[static_cast<std::size_t>(c)][sample.image[3 * from + c]];
    mask[x] = static_cast<float>(sample.mask[from]);
  }
}

void turn_row(const Sample& sample, const Mapping& map, const AugmentationDraw& draw,
              const LightTable& light, const ElasticField* field, Index y, float* image,
              float* mask) {
  const double dy = static_cast<double>(y + draw.crop_y) - map.centre_y;
  std::vector<ElasticField::Offset> offsets;
  if (field != nullptr) offsets = field->row(y + draw.crop_y, draw.crop_x, draw.width);
  for (Index x = 0; x < draw.width; ++x) {
    const double dx = static_cast<double>(x + draw.crop_x) - map.centre_x;
    double from_y = map.cosine * dy + map.sine * dx + map.centre_y;
    double from_x = map.cosine * dx - map.sine * dy + map.centre_x;
    if (field != nullptr) {
      from_y += offsets[static_cast<std::size_t>(x)].y;
      from_x += offsets[static_cast<std::size_t>(x)].x;
    }
    const double floor_y = std::floor(from_y), floor_x = std::floor(from_x);
    const Index top = static_cast<Index>(floor_y), left = static_cast<Index>(floor_x);
    const float down = static_cast<float>(from_y - floor_y),
                right = static_cast<float>(from_x - floor_x);
    auto inside = [&](Index py, Index px) {
      return py >= 0 && px >= 0 && py < map.height && px < map.width;
    };
    auto position = [&](Index py, Index px) { return map.row(py) * map.width + map.column(px); };
    float sums[3] = {0, 0, 0};
    auto tap = [&](Index py, Index px, float weight) {
      if (!inside(py, px)) return;
      const std::uint8_t* pixel = sample.image.data() + 3 * position(py, px);
      for (std::size_t c = 0; c < 3; ++c) sums[c] += weight * light[c][pixel[c]];
    };
    tap(top, left, (1 - down) * (1 - right));
    tap(top, left + 1, (1 - down) * right);
    tap(top + 1, left, down * (1 - right));
    tap(top + 1, left + 1, down * right);
    for (int c = 0; c < 3; ++c) image[3 * x + c] = std::min(sums[c], 1.0f);
    const Index near_y = static_cast<Index>(std::floor(from_y + 0.5));
    const Index near_x = static_cast<Index>(std::floor(from_x + 0.5));
    mask[x] =
        inside(near_y, near_x) ? static_cast<float>(sample.mask[position(near_y, near_x)]) : 0.0f;
  }
}

}  // namespace

void check(const Augmentation& a) {
  require(a.brightness >= 0 && a.brightness < 1, "the brightness variation lies in [0,1); got ",
          a.brightness);
  for (double p : {a.flip_horizontal, a.flip_vertical})
    require(p >= 0 && p <= 1, "a flip's probability lies in [0,1]; got ", p);
  require(a.rotation_degrees >= 0 && a.rotation_degrees <= 180,
          "the rotation lies in 0..180 degrees; got ", a.rotation_degrees);
  require(a.scale >= 0 && a.scale <= 0.5, "the scale's variation lies in [0,0.5]; got ", a.scale);
  require(a.colour >= 0 && a.colour < 1, "the colours' variation lies in [0,1); got ", a.colour);
  require(a.gamma >= 0 && a.gamma <= 2, "gamma's variation lies in [0,2]; got ", a.gamma);
  require(a.elastic >= 0 && a.elastic <= 32, "the elastic displacement lies in 0..32 pixels; got ",
          a.elastic);
  require(a.crop_height >= 0 && a.crop_width >= 0 && (a.crop_height == 0) == (a.crop_width == 0),
          "a crop needs a height and a width; got ", a.crop_height, " and ", a.crop_width);
}

AugmentationDraw draw_augmentation(const Augmentation& augmentation, const Shape& image,
                                   std::uint64_t seed, Index epoch, Index sample) {
  check(augmentation);
  const bool crops = augmentation.crop_height > 0;
  AugmentationDraw draw;
  draw.height = crops ? augmentation.crop_height : image.height();
  draw.width = crops ? augmentation.crop_width : image.width();
  require(draw.height <= image.height() && draw.width <= image.width(), "a crop of ", draw.width,
          " x ", draw.height, " does not fit an image of ", image.width(), " x ", image.height());
  const Random random = Random(seed, kAugmentStreams)
                            .substream(static_cast<std::uint64_t>(epoch))
                            .substream(static_cast<std::uint64_t>(sample));
  // Each quantity has its own index: switching one on leaves the others as they were.
  const double brightness =
      random.uniform(0, 1 - augmentation.brightness, 1 + augmentation.brightness);
  draw.flip_horizontal = random.uniform(1) < augmentation.flip_horizontal;
  draw.flip_vertical = random.uniform(2) < augmentation.flip_vertical;
  draw.degrees = random.uniform(3, -augmentation.rotation_degrees, augmentation.rotation_degrees);
  auto place = [&](std::uint64_t index, Index room) {
    return static_cast<Index>(random.below(index, static_cast<std::uint64_t>(room) + 1));
  };
  draw.crop_y = place(4, image.height() - draw.height);
  draw.crop_x = place(5, image.width() - draw.width);
  draw.magnification = random.uniform(6, 1 - augmentation.scale, 1 + augmentation.scale);
  for (std::size_t c = 0; c < 3; ++c)
    draw.brightness[c] = static_cast<float>(
        brightness * random.uniform(7 + c, 1 - augmentation.colour, 1 + augmentation.colour));
  draw.exponent = elementary::pow(2.0, random.uniform(10, -augmentation.gamma, augmentation.gamma));
  draw.elastic = augmentation.elastic;
  draw.field = random.substream(kElasticStream);
  return draw;
}

void augment(const Sample& sample, const AugmentationDraw& draw, float* image, float* mask) {
  const Index height = sample.image.shape().height(), width = sample.image.shape().width();
  require(draw.crop_y >= 0 && draw.crop_x >= 0 && draw.height >= 1 && draw.width >= 1 &&
              draw.height <= height - draw.crop_y && draw.width <= width - draw.crop_x,
          "sample '", sample.name, "': the augmentation's crop leaves the image");
  const double radians = draw.degrees * (std::numbers::pi / 180);
  require(draw.magnification > 0, "sample '", sample.name, "': the magnification is above 0; got ",
          draw.magnification);
  const Mapping map{elementary::cos(radians) / draw.magnification,
                    elementary::sin(radians) / draw.magnification,
                    0.5 * static_cast<double>(height - 1),
                    0.5 * static_cast<double>(width - 1),
                    draw.flip_vertical,
                    draw.flip_horizontal,
                    height,
                    width};
  const LightTable light = light_table(draw);
  std::optional<ElasticField> field;
  if (draw.elastic != 0) field.emplace(draw.field, height, width, draw.elastic);
  parallel_for(draw.height, 32, [&](Index begin, Index end) {
    for (Index y = begin; y < end; ++y) {
      float* image_row = image + y * draw.width * 3;
      float* mask_row = mask + y * draw.width;
      if (draw.degrees == 0 && draw.magnification == 1 && !field)
        copy_row(sample, map, draw, light, y, image_row, mask_row);
      else
        turn_row(sample, map, draw, light, field ? &*field : nullptr, y, image_row, mask_row);
    }
  });
}

}  // namespace integrad
