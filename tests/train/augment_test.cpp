#include "integrad/train/augment.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "integrad/tensor/parallel.h"
#include "integrad/tensor/random.h"
#include "integrad/train/elastic_field.h"
#include "integrad/train/loader.h"

using namespace integrad;

namespace {

Sample noise(const std::string& name, Index height, Index width, std::uint64_t seed = 1) {
  Sample sample{name, Image(Shape{1, height, width, 3}), Image(Shape{1, height, width, 1}),
                Image(Shape{1, height, width, 1}, 1)};
  const Random random(seed, 7);
  for (Index i = 0; i < sample.image.size(); ++i)
    sample.image[i] = static_cast<std::uint8_t>(random.below(static_cast<std::uint64_t>(i), 256));
  for (Index i = 0; i < sample.mask.size(); ++i) sample.mask[i] = sample.image[3 * i] > 127 ? 1 : 0;
  return sample;
}

struct Result {
  Tensor<float> image, mask;
};

Result apply(const Sample& sample, AugmentationDraw draw) {
  if (draw.height == 0) draw.height = sample.image.shape().height();
  if (draw.width == 0) draw.width = sample.image.shape().width();
  Result result{Tensor<float>(Shape{1, draw.height, draw.width, 3}),
                Tensor<float>(Shape{1, draw.height, draw.width, 1})};
  augment(sample, draw, result.image.data(), result.mask.data());
  return result;
}

bool same(const Tensor<float>& a, const Tensor<float>& b) {
  return a.shape() == b.shape() && std::equal(a.begin(), a.end(), b.begin());
}

}  // namespace

TEST_CASE("without variation a pixel's code comes back exactly from its value") {
  const Sample sample = noise("a", 33, 40);
  const Batch batch = whole_sample(sample);
  CHECK(batch.image.shape() == Shape{1, 33, 40, 3});
  for (Index i = 0; i < sample.image.size(); ++i) {
    REQUIRE(batch.image[i] == static_cast<float>(sample.image[i]) / 255.0f);
    REQUIRE(std::lround(batch.image[i] * 255.0f) == sample.image[i]);
  }
  for (Index i = 0; i < sample.mask.size(); ++i)
    REQUIRE(batch.mask[i] == static_cast<float>(sample.mask[i]));
}

TEST_CASE("flips move whole pixels, image and mask alike") {
  const Sample sample = noise("a", 5, 8);
  const Result flipped = apply(sample, {.flip_horizontal = true, .flip_vertical = true});
  for (Index y = 0; y < 5; ++y)
    for (Index x = 0; x < 8; ++x) {
      CHECK(flipped.image(0, y, x, 1) ==
            static_cast<float>(sample.image(0, 4 - y, 7 - x, 1)) / 255.0f);
      CHECK(flipped.mask(0, y, x, 0) == static_cast<float>(sample.mask(0, 4 - y, 7 - x, 0)));
    }
  // Twice is not at all.
  Sample again = sample;
  for (Index i = 0; i < again.image.size(); ++i)
    again.image[i] = static_cast<std::uint8_t>(std::lround(flipped.image[i] * 255.0f));
  CHECK(same(apply(again, {.flip_horizontal = true, .flip_vertical = true}).image,
             apply(sample, {}).image));
}

TEST_CASE("a rotation by almost nothing is almost the identity, by a quarter turn a permutation") {
  const Sample sample = noise("a", 9, 9);
  const Result still = apply(sample, {}), nearly = apply(sample, {.degrees = 1e-9});
  CHECK(same(nearly.mask, still.mask));
  const Result quarter = apply(sample, {.degrees = 90});
  for (Index y = 1; y < 8; ++y)
    for (Index x = 1; x < 8; ++x) {
      CHECK(nearly.image(0, y, x, 2) == doctest::Approx(still.image(0, y, x, 2)).epsilon(1e-5));
      // Counter-clockwise on the screen: the right edge comes to the top.
      CHECK(quarter.image(0, y, x, 0) ==
            doctest::Approx(still.image(0, x, 8 - y, 0)).epsilon(1e-5));
      CHECK(quarter.mask(0, y, x, 0) == still.mask(0, x, 8 - y, 0));
    }
}

TEST_CASE("rotated masks stay 0 and 1, rotated images in [0,1], corners come from outside") {
  Sample sample = noise("a", 24, 24);
  sample.image.fill(255);
  sample.mask.fill(1);
  const Result turned = apply(sample, {.degrees = 45});
  CHECK(turned.image(0, 0, 0, 0) == 0);
  CHECK(turned.mask(0, 0, 0, 0) == 0);
  CHECK(turned.image(0, 12, 12, 0) == doctest::Approx(1));
  CHECK(std::all_of(turned.image.begin(), turned.image.end(),
                    [](float v) { return v >= 0 && v <= 1; }));
  CHECK(std::all_of(turned.mask.begin(), turned.mask.end(),
                    [](float v) { return v == 0 || v == 1; }));
}

TEST_CASE("magnified by two every other place is a pixel of the original, about the same centre") {
  const Sample sample = noise("a", 9, 13);
  const Result still = apply(sample, {}), twice = apply(sample, {.magnification = 2});
  for (Index y = 0; y < 9; y += 2)
    for (Index x = 0; x < 13; x += 2) {
      const Index from_y = 4 + (y - 4) / 2, from_x = 6 + (x - 6) / 2;
      CHECK(twice.image(0, y, x, 1) == doctest::Approx(still.image(0, from_y, from_x, 1)));
      CHECK(twice.mask(0, y, x, 0) == still.mask(0, from_y, from_x, 0));
    }
  const Result half = apply(sample, {.magnification = 0.5});
  CHECK(half.image(0, 3, 5, 1) == doctest::Approx(still.image(0, 2, 4, 1)));
  CHECK(half.image(0, 0, 6, 1) == 0);  // from outside
  CHECK_THROWS_AS(apply(sample, {.magnification = 0}), Error);
}

TEST_CASE("brightness multiplies and clamps; the mask is not concerned") {
  const Sample sample = noise("a", 6, 6);
  const Result plain = apply(sample, {}),
               bright = apply(sample, {.brightness = {1.5f, 1.5f, 1.5f}});
  for (Index i = 0; i < plain.image.size(); ++i)
    CHECK(bright.image[i] == std::min(1.0f, plain.image[i] * 1.5f));
  CHECK(same(plain.mask, bright.mask));
}

TEST_CASE("crops show a part of the image") {
  const Sample sample = noise("a", 10, 12);
  const Result part = apply(sample, {.crop_y = 3, .crop_x = 5, .height = 4, .width = 6});
  CHECK(part.image(0, 3, 5, 2) == apply(sample, {}).image(0, 6, 10, 2));
  CHECK(part.mask(0, 0, 0, 0) == apply(sample, {}).mask(0, 3, 5, 0));
  CHECK_THROWS_AS(apply(sample, {.crop_y = 7, .height = 4, .width = 6}), Error);
}

TEST_CASE("draws depend on seed, epoch and sample, and keep to their ranges") {
  Augmentation a = Augmentation::q_segment();
  a.crop_height = a.crop_width = 8;
  const Shape shape{1, 10, 9, 3};
  std::set<Index> rows, columns;
  int flips = 0;
  for (Index sample = 0; sample < 400; ++sample) {
    const AugmentationDraw d = draw_augmentation(a, shape, 1, 5, sample);
    REQUIRE((d.brightness[0] >= 0.8f && d.brightness[0] <= 1.2f));
    REQUIRE((d.brightness[1] == d.brightness[0] && d.brightness[2] == d.brightness[0]));
    REQUIRE(d.exponent == 1);
    REQUIRE((d.degrees >= -1 && d.degrees <= 1));
    REQUIRE(d.magnification == 1);
    rows.insert(d.crop_y);
    columns.insert(d.crop_x);
    flips += d.flip_horizontal ? 1 : 0;
    CHECK(draw_augmentation(a, shape, 1, 5, sample).degrees == d.degrees);
    CHECK(draw_augmentation(a, shape, 2, 5, sample).degrees != d.degrees);
    CHECK(draw_augmentation(a, shape, 1, 6, sample).degrees != d.degrees);
    CHECK(draw_augmentation(a, shape, 1, 5, sample + 1).degrees != d.degrees);
  }
  CHECK(rows == std::set<Index>{0, 1, 2});
  CHECK(columns == std::set<Index>{0, 1});
  CHECK((flips > 150 && flips < 250));
  CHECK_THROWS_AS(check(Augmentation{.flip_vertical = 1.5}), Error);
  CHECK_THROWS_AS(check(Augmentation{.crop_height = 8}), Error);
  CHECK_THROWS_AS(draw_augmentation({.crop_height = 11, .crop_width = 8}, shape, 1, 1, 1), Error);
}

TEST_CASE("an epoch visits every sample once, in its own order; the last batch is smaller") {
  const auto order = epoch_order(3, 0, 20);
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::uint32_t i = 0; i < 20; ++i) CHECK(sorted[i] == i);
  CHECK(epoch_order(3, 0, 20) == order);
  CHECK(epoch_order(3, 1, 20) != order);
  CHECK(epoch_order(4, 0, 20) != order);
  const auto cut = batches(order, 8);
  REQUIRE(cut.size() == 3);
  CHECK(cut[2].size() == 4);
  CHECK(cut[1][0] == order[8]);
  CHECK_THROWS_AS(batches(order, 0), Error);
}

TEST_CASE("a sample's variation is the same in every batch and for any number of threads") {
  const std::vector<Sample> samples{noise("a", 40, 40, 1), noise("b", 40, 40, 2),
                                    noise("c", 40, 40, 3)};
  const std::vector<std::uint32_t> all{2, 0, 1}, one{0};
  const Batch together = make_batch(samples, all, 4, Augmentation::q_segment(), 9);
  CHECK(together.image.shape() == Shape{3, 40, 40, 3});
  const int before = threads();
  set_threads(3);
  const Batch alone = make_batch(samples, one, 4, Augmentation::q_segment(), 9);
  set_threads(before);
  CHECK(std::equal(alone.image.begin(), alone.image.end(),
                   together.image.begin() + alone.image.size()));
  CHECK(
      std::equal(alone.mask.begin(), alone.mask.end(), together.mask.begin() + alone.mask.size()));
}

TEST_CASE("samples of different size form no batch unless cropped") {
  const std::vector<Sample> samples{noise("first", 20, 20), noise("second", 24, 20)};
  const std::vector<std::uint32_t> both{0, 1}, beyond{2};
  CHECK_THROWS_WITH_AS(
      make_batch(samples, both, 0, {}, 1),
      "samples 'first' (20 x 20) and 'second' (20 x 24) differ in size; resize or crop "
      "them to form a batch",
      Error);
  CHECK_NOTHROW(make_batch(samples, both, 0, {.crop_height = 16, .crop_width = 16}, 1));
  CHECK_THROWS_AS(make_batch(samples, beyond, 0, {}, 1), Error);
}

TEST_CASE("a picture that is predicted is given as those that are trained on") {
  const Sample sample = noise("n", 5, 7);
  CHECK(same(in_unit_range(sample.image), whole_sample(sample).image));
  CHECK(light_of(255) == 1.0f);
}

TEST_CASE("magnifications fill their range and leave the other draws as they were") {
  Augmentation a = Augmentation::q_segment();
  const AugmentationDraw before = draw_augmentation(a, Shape{1, 10, 9, 3}, 1, 5, 7);
  a.scale = 0.25;
  CHECK(draw_augmentation(a, Shape{1, 10, 9, 3}, 1, 5, 7).degrees == before.degrees);
  double least = 2, most = 0;
  for (Index sample = 0; sample < 400; ++sample) {
    const double m = draw_augmentation(a, Shape{1, 10, 9, 3}, 1, 5, sample).magnification;
    least = std::min(least, m);
    most = std::max(most, m);
  }
  CHECK((least >= 0.75 && least < 0.77));
  CHECK((most <= 1.25 && most > 1.23));
  a.scale = 0.6;
  CHECK_THROWS_AS(check(a), Error);
}

TEST_CASE("colours have their own factors, and light its exponent; black stays black") {
  Sample sample = noise("a", 6, 6);
  sample.image[0] = 0;
  const Result plain = apply(sample, {});
  const Result varied = apply(sample, {.brightness = {0.5f, 1.0f, 2.0f}, .exponent = 2});
  for (Index i = 0; i < plain.image.size(); ++i) {
    const float factor = i % 3 == 0 ? 0.5f : i % 3 == 1 ? 1.0f : 2.0f;
    CHECK(varied.image[i] ==
          doctest::Approx(std::min(1.0f, factor * plain.image[i] * plain.image[i])));
  }
  CHECK(varied.image[0] == 0);
  CHECK(same(plain.mask, varied.mask));

  Augmentation a = Augmentation::q_segment();
  const AugmentationDraw before = draw_augmentation(a, Shape{1, 10, 9, 3}, 1, 5, 7);
  a.colour = 0.25;
  a.gamma = 1;
  double least = 9, most = 0, darkest = 9, lightest = 0;
  for (Index sample_number = 0; sample_number < 400; ++sample_number) {
    const AugmentationDraw d = draw_augmentation(a, Shape{1, 10, 9, 3}, 1, 5, sample_number);
    CHECK(d.brightness[0] != d.brightness[1]);
    CHECK(d.brightness[1] != d.brightness[2]);
    least = std::min(least, d.exponent);
    most = std::max(most, d.exponent);
    darkest = std::min<double>(darkest, d.brightness[2]);
    lightest = std::max<double>(lightest, d.brightness[2]);
  }
  CHECK((least >= 0.5 && least < 0.52));
  CHECK((most <= 2 && most > 1.95));
  CHECK((darkest >= 0.6 && darkest < 0.68));
  CHECK((lightest <= 1.5 && lightest > 1.4));
  const AugmentationDraw after = draw_augmentation(a, Shape{1, 10, 9, 3}, 1, 5, 7);
  CHECK(after.degrees == before.degrees);
  CHECK(after.magnification == before.magnification);
  a.colour = 1;
  CHECK_THROWS_AS(check(a), Error);
  CHECK_THROWS_AS(check(Augmentation{.gamma = -1}), Error);
  CHECK_THROWS_AS(check(Augmentation{.elastic = 33}), Error);
}

TEST_CASE("an elastic field is smooth, has half its nodes' deviation and does not know the crop") {
  const Random random(3, 4);
  const ElasticField field(random, 100, 130, 8.0);
  double squares = 0, largest_step = 0;
  std::vector<ElasticField::Offset> above;
  for (Index y = 0; y < 100; ++y) {
    const auto row = field.row(y, 0, 130);
    const auto part = field.row(y, 57, 20);
    for (Index x = 0; x < 130; ++x) {
      const ElasticField::Offset at = row[static_cast<std::size_t>(x)];
      squares += at.y * at.y + at.x * at.x;
      if (x >= 57 && x < 77) {
        REQUIRE(part[static_cast<std::size_t>(x - 57)].y == at.y);
        REQUIRE(part[static_cast<std::size_t>(x - 57)].x == at.x);
      }
      if (y > 0) {
        const ElasticField::Offset up = above[static_cast<std::size_t>(x)];
        largest_step = std::max({largest_step, std::abs(at.y - up.y), std::abs(at.x - up.x)});
      }
    }
    above = row;
  }
  const double deviation = std::sqrt(squares / (2 * 100 * 130));
  CHECK((deviation > 2 && deviation < 6));
  CHECK(largest_step < 1);  // pixels over one pixel: nothing folds
}

TEST_CASE("elastic displacement moves image and mask alike, and a sample's field is its own") {
  Sample sample = noise("a", 70, 80);
  // A mask that can be read off the picture: both are moved by one field.
  for (Index i = 0; i < sample.mask.size(); ++i) {
    const Index y = i / 80, x = i % 80;
    const bool vessel = (x / 16 + y / 16) % 2 == 0;
    sample.mask[i] = vessel ? 1 : 0;
    for (Index c = 0; c < 3; ++c) sample.image[3 * i + c] = vessel ? 255 : 0;
  }
  const Augmentation a{.elastic = 6};
  const auto drawn = [&](Index number) {
    return draw_augmentation(a, sample.image.shape(), 1, 0, number);
  };
  const Result plain = apply(sample, {}), moved = apply(sample, drawn(0));
  CHECK_FALSE(same(plain.mask, moved.mask));
  CHECK_FALSE(same(apply(sample, drawn(1)).mask, moved.mask));
  CHECK(same(apply(sample, drawn(0)).image, moved.image));
  Index far_off = 0;
  for (Index i = 0; i < moved.mask.size(); ++i)
    far_off += std::abs(moved.image[3 * i] - moved.mask[i]) > 0.76f ? 1 : 0;
  CHECK(far_off < moved.mask.size() / 200);  // but near the border, where the outside is black

  AugmentationDraw part = drawn(0);
  part.crop_y = 11, part.crop_x = 30, part.height = 40, part.width = 32;
  const Result cropped = apply(sample, part);
  for (Index y = 0; y < 40; ++y)
    for (Index x = 0; x < 32; ++x)
      REQUIRE(cropped.image(0, y, x, 0) == moved.image(0, y + 11, x + 30, 0));
}
