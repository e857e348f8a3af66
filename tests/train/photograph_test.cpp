#include "integrad/train/photograph.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "integrad/tests/support/tensors.h"
#include "integrad/train/field_of_view.h"

using namespace integrad;

namespace {

/// A bright disc on black.
Image eye(Index height, Index width, double y0, double x0, double radius) {
  Image image(Shape{1, height, width, 3});
  for (Index y = 0; y < height; ++y)
    for (Index x = 0; x < width; ++x) {
      const double dy = static_cast<double>(y) - y0, dx = static_cast<double>(x) - x0;
      if (dy * dy + dx * dx <= radius * radius)
        for (Index c = 0; c < 3; ++c) image(0, y, x, c) = static_cast<std::uint8_t>(200 - 50 * c);
    }
  return image;
}

}  // namespace

TEST_CASE("a retina is scaled to the diameter that the network knows, wherever it lies") {
  for (const auto& [height, width, y0, x0, radius] :
       {std::array{200, 300, 90, 170, 80}, std::array{400, 360, 200, 180, 150},
        std::array{64, 64, 32, 32, 30}}) {
    const Image photograph = eye(height, width, y0, x0, radius);
    const Framing framing = frame_retina(photograph, 101, 8);
    CHECK(framing.padded_height % 8 == 0);
    CHECK(framing.padded_width % 8 == 0);
    const Image seen = framed(photograph, framing);
    REQUIRE(seen.shape() == Shape{1, framing.padded_height, framing.padded_width, 3});
    // Its field of view has the diameter's area, to a pixel along the edge.
    const Image view = field_of_view(seen);
    const double area = static_cast<double>(
        std::count(view.values().begin(), view.values().end(), std::uint8_t{1}));
    CHECK(area == doctest::Approx(3.14159 / 4 * 101 * 101).epsilon(0.04));
  }
}

TEST_CASE("a mask lies on the photograph where its structure was") {
  // The network sees "a vessel" where the retina is bright: the mask must be the disc again.
  const Image photograph = eye(240, 320, 110, 150, 90);
  const Framing framing = frame_retina(photograph, 64, 8);
  const Image seen = framed(photograph, framing);
  Tensor<float> logits({1, framing.padded_height, framing.padded_width, 1});
  for (Index y = 0; y < framing.padded_height; ++y)
    for (Index x = 0; x < framing.padded_width; ++x)
      logits(0, y, x, 0) = static_cast<float>(seen(0, y, x, 0)) - 100;
  const Image mask = mask_on_photograph(logits, framing);
  REQUIRE(mask.shape() == Shape{1, 240, 320, 1});
  Index wrong = 0;
  for (Index y = 0; y < 240; ++y)
    for (Index x = 0; x < 320; ++x)
      wrong += (mask(0, y, x, 0) != 0) != (photograph(0, y, x, 0) != 0);
  CHECK(wrong < 240);  // of 25,447: the disc's edge is 565 pixels long
  CHECK_THROWS_AS(mask_on_photograph(Tensor<float>({1, 8, 8, 1}), framing), Error);
}

TEST_CASE("the whole image: as it is, scaled, padded with black") {
  const Image photograph = eye(20, 30, 10, 15, 8);
  const Framing as_it_is = frame_whole(photograph.shape(), 0, 8);
  const Image padded = framed(photograph, as_it_is);
  REQUIRE(padded.shape() == Shape{1, 24, 32, 3});
  CHECK(padded(0, 10, 15, 0) == photograph(0, 10, 15, 0));
  CHECK(padded(0, 23, 15, 0) == 0);
  Tensor<float> logits({1, 24, 32, 1}, 1.0f);
  const Image mask = mask_on_photograph(logits, as_it_is);
  CHECK(mask.shape() == Shape{1, 20, 30, 1});
  CHECK(std::count(mask.values().begin(), mask.values().end(), std::uint8_t{255}) == 600);
  CHECK(framed(photograph, frame_whole(photograph.shape(), 16, 8)).shape() == Shape{1, 16, 16, 3});
}

TEST_CASE("a photograph without a retina is refused") {
  CHECK_THROWS_AS(frame_retina(Image(Shape{1, 50, 50, 3}), 64, 8), Error);
  CHECK_THROWS_AS(frame_retina(eye(100, 100, 50, 50, 5), 64, 8), Error);
}
