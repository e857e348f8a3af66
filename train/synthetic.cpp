#include "integrad/train/synthetic.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>

#include "integrad/tensor/elementary.h"
#include "integrad/tensor/parallel.h"
#include "integrad/train/progress.h"
#include "integrad/train/synthetic_vessels.h"

namespace integrad {

namespace {

using detail::Draws;
using detail::EyePlan;
using detail::VesselMap;
using detail::VesselPixel;
using Colour = std::array<double, 3>;  // red, green, blue, in [0,1] where not a factor

// The streams of this file's random numbers.
constexpr std::uint64_t kSyntheticStreams = 0x53796e7468;

double smooth_step(double low, double high, double v) {
  const double t = std::clamp((v - low) / (high - low), 0.0, 1.0);
  return t * t * (3 - 2 * t);
}

double bell(double distance, double width) {
  const double t = distance / width;
  return elementary::exp(-0.5 * t * t);
}

Colour mix(const Colour& a, const Colour& b, double share) {
  return {a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share};
}

/// Smooth noise in [-1, 1]: random values on a grid, interpolated. x, y >= 0 in grid cells.
double grid_noise(const Random& random, double x, double y) {
  const double fx = std::floor(x), fy = std::floor(y);
  auto value = [&](double gx, double gy) {
    const auto index = static_cast<std::uint64_t>(gy) * 65536 + static_cast<std::uint64_t>(gx);
    return random.uniform(index, -1, 1);
  };
  const double tx = smooth_step(0, 1, x - fx), ty = smooth_step(0, 1, y - fy);
  const double top = value(fx, fy) + (value(fx + 1, fy) - value(fx, fy)) * tx;
  const double bottom = value(fx, fy + 1) + (value(fx + 1, fy + 1) - value(fx, fy + 1)) * tx;
  return top + (bottom - top) * ty;
}

/// What makes one eye's picture differ from another's besides its geometry.
struct Look {
  Colour background, artery, vein;  // the last two: the light that a vessel lets through
  double light_x, light_y, falloff, macula_depth, texture, blur, noise;
};

Look draw_look(Draws& draws) {
  const double pigment = draws.uniform(0, 1);
  Look look{};
  look.background = mix({0.86, 0.46, 0.23}, {0.70, 0.31, 0.13}, pigment);
  look.vein = mix({0.70, 0.44, 0.50}, {0.76, 0.52, 0.58}, draws.uniform(0, 1));
  look.artery = mix({0.84, 0.58, 0.60}, {0.88, 0.66, 0.68}, draws.uniform(0, 1));
  look.light_x = 0.5 + draws.uniform(-0.12, 0.12);
  look.light_y = 0.5 + draws.uniform(-0.12, 0.12);
  look.falloff = draws.uniform(1.0, 1.9);
  look.macula_depth = draws.uniform(0.22, 0.36);
  look.texture = draws.uniform(0.035, 0.065);
  look.blur = draws.uniform(0.5, 0.8);
  look.noise = draws.uniform(0.012, 0.024);
  return look;
}

/// Retina without vessels at (x, y), fractions of the side.
Colour background(const EyePlan& plan, const Look& look, const Random& random, double x, double y) {
  auto distance = [&](double cx, double cy) {
    return std::sqrt((x - cx) * (x - cx) + (y - cy) * (y - cy));
  };
  const double light = distance(look.light_x, look.light_y);
  // Broad clouds, the streaks of deeper vessels, and grain.
  const double cloud = grid_noise(random.substream(1), x * 5, y * 5);
  const double streak = grid_noise(random.substream(2), x * 26, y * 19);
  const double grain = grid_noise(random.substream(3), x * 90, y * 90);
  const double tone = 1 + look.texture * (1.5 * cloud + 0.8 * streak + 0.6 * grain);
  Colour colour = look.background;
  const double shade = 1.12 / (1 + look.falloff * light * light * 1.6);
  for (double& c : colour) c *= shade * tone;
  colour[1] *= 1 + 0.6 * look.texture * streak;  // deeper layers differ in hue, not light alone

  const double macula = distance(plan.macula_x, plan.macula_y);
  const double dark = look.macula_depth * (0.55 * bell(macula, 0.075) + 0.45 * bell(macula, 0.03));
  colour = {colour[0] * (1 - 0.7 * dark), colour[1] * (1 - 1.1 * dark),
            colour[2] * (1 - 0.9 * dark)};

  const double disc = distance(plan.disc_x, plan.disc_y) / plan.disc_radius;
  const double glow = 0.16 * bell(std::max(0.0, disc - 1), 0.6);
  const Colour rim{0.98, 0.76, 0.46}, cup{1.0, 0.92, 0.72};
  const double tilt = plan.temporal * (x - plan.disc_x) / plan.disc_radius;
  const double inside = (1 - smooth_step(0.86, 1.08, disc + 0.04 * cloud)) * (0.86 + 0.07 * tilt);
  colour = mix(colour, rim, std::max(glow * 0.5, inside));
  return mix(colour, cup, 0.75 * (1 - smooth_step(0.2, 0.62, disc)));
}

/// Darkens the background by a vessel: most along its middle, except for the light reflex there.
void lay_vessel(const VesselPixel& vessel, const Look& look, double size, Colour& colour) {
  const double offset = static_cast<double>(vessel.offset),
               radius = static_cast<double>(vessel.radius);
  const double covered = std::clamp((1 - offset) * radius + 0.5, 0.0, 1.0);
  if (covered <= 0) return;
  const double depth = 0.72 + 0.28 * std::sqrt(std::max(0.0, 1 - offset * offset));
  // Thin vessels absorb less; the reflex needs some pixels to be seen.
  const double thickness = std::min(1.0, 0.5 + 0.5 * radius / (0.005 * size));
  const double reflex =
      std::min(1.0, radius / 3) * (vessel.artery ? 0.55 : 0.18) * bell(offset, 0.27);
  const Colour& through = vessel.artery ? look.artery : look.vein;
  for (std::size_t c = 0; c < 3; ++c) {
    const double absorbed = (1 - through[c]) * depth * thickness * (1 - reflex);
    colour[c] *= 1 - covered * absorbed;
  }
}

/// Three taps in each direction, with weights blur/4, 1 - blur/2, blur/4.
Tensor<float> blurred(const Tensor<float>& image, double blur) {
  const Index height = image.shape().height(), width = image.shape().width();
  const float side = static_cast<float>(blur / 4), middle = 1 - 2 * side;
  Tensor<float> rows(image.shape()), result(image.shape());
  for (Index y = 0; y < height; ++y)
    for (Index x = 0; x < width; ++x)
      for (Index c = 0; c < 3; ++c)
        rows(0, y, x, c) =
            middle * image(0, y, x, c) + side * (image(0, y, std::max<Index>(x - 1, 0), c) +
                                                 image(0, y, std::min(x + 1, width - 1), c));
  for (Index y = 0; y < height; ++y)
    for (Index x = 0; x < width; ++x)
      for (Index c = 0; c < 3; ++c)
        result(0, y, x, c) =
            middle * rows(0, y, x, c) + side * (rows(0, std::max<Index>(y - 1, 0), x, c) +
                                                rows(0, std::min(y + 1, height - 1), x, c));
  return result;
}

/// Sensor noise, stronger in blue, then 8 bits.
Image digitised(const Tensor<float>& light, double noise, const Random& random) {
  constexpr Colour kStrength{0.8, 1.0, 1.3};
  Image image = Image::uninitialized(light.shape());
  for (Index i = 0; i < light.size() / 3; ++i) {
    const auto words = random.words(static_cast<std::uint64_t>(i));
    for (std::size_t c = 0; c < 3; ++c) {
      // The sum of two uniform numbers: close enough to a bell.
      const double bump =
          (static_cast<double>(words[c] & 0xffff) + static_cast<double>(words[c] >> 16)) / 65536 -
          1;
      const double value =
          static_cast<double>(light[3 * i + static_cast<Index>(c)]) + noise * kStrength[c] * bump;
      image[3 * i + static_cast<Index>(c)] =
          static_cast<std::uint8_t>(std::floor(std::clamp(value, 0.0, 1.0) * 255 + 0.5));
    }
  }
  return image;
}

Sample make_sample(const Random& random, Index size, std::string name) {
  Draws draws(random.substream(0));
  const EyePlan plan = detail::plan_eye(draws);
  const Look look = draw_look(draws);
  const VesselMap vessels = detail::grow_vessels(plan, size, draws);

  Tensor<float> light(Shape{1, size, size, 3});
  Sample sample{
      std::move(name), {}, Image(Shape{1, size, size, 1}), Image(Shape{1, size, size, 1})};
  const double scale = static_cast<double>(size), edge = 0.75 / scale;
  for (Index y = 0; y < size; ++y)
    for (Index x = 0; x < size; ++x) {
      const double px = (static_cast<double>(x) + 0.5) / scale,
                   py = (static_cast<double>(y) + 0.5) / scale;
      const double out = std::sqrt((px - plan.centre) * (px - plan.centre) +
                                   (py - plan.centre) * (py - plan.centre));
      Colour colour{0, 0, 0};
      if (out < plan.radius + edge) {
        const VesselPixel& vessel = vessels[static_cast<std::size_t>(y * size + x)];
        colour = background(plan, look, random, px, py);
        lay_vessel(vessel, look, scale, colour);
        const double shown = (1 - smooth_step(plan.radius - edge, plan.radius + edge, out)) *
                             (1 - 0.25 * smooth_step(0.86 * plan.radius, plan.radius, out));
        for (double& c : colour) c *= shown;
        sample.mask(0, y, x, 0) = vessel.offset <= 1 ? 1 : 0;
        sample.field_of_view(0, y, x, 0) = out <= plan.radius ? 1 : 0;
      }
      for (Index c = 0; c < 3; ++c)
        light(0, y, x, c) = static_cast<float>(colour[static_cast<std::size_t>(c)] + 0.012);
    }
  sample.image = digitised(blurred(light, look.blur), look.noise, random.substream(4));
  return sample;
}

}  // namespace

Dataset make_synthetic(std::uint64_t seed, Index size, Index train_count, Index test_count) {
  require(size >= 32 && size <= 4096, "synthetic images have 32 to 4096 pixels a side; got ", size);
  require(train_count >= 0 && test_count >= 0 && train_count <= 100000 && test_count <= 100000,
          "the number of synthetic images lies in 0..100000; got ", train_count, " and ",
          test_count);
  Dataset dataset;
  Progress progress("drawing", train_count + test_count);
  std::mutex drawn;
  auto make = [&](std::vector<Sample>& samples, Index count, std::uint64_t part,
                  const char* prefix) {
    const Random random = Random(seed, kSyntheticStreams).substream(part);
    samples.resize(static_cast<std::size_t>(count));
    parallel_chunks(count, [&](Index i) {
      std::string number = std::to_string(i);
      number.insert(0, number.size() < 4 ? 4 - number.size() : 0, '0');
      samples[static_cast<std::size_t>(i)] =
          make_sample(random.substream(static_cast<std::uint64_t>(i)), size, prefix + number);
      const std::lock_guard lock(drawn);
      progress.advance();
    });
  };
  make(dataset.train, train_count, 0, "train_");
  make(dataset.test, test_count, 1, "test_");
  dataset.description = "synthetic fundus images, seed " + std::to_string(seed) + ", " +
                        std::to_string(size) + " x " + std::to_string(size);
  return dataset;
}

}  // namespace integrad
