#pragma once
#include <array>
#include <cstdint>

#include "integrad/tensor/random.h"
#include "integrad/train/dataset.h"

namespace integrad {

/// How training images are varied. The default varies nothing.
struct Augmentation {
  double brightness = 0;                  // a factor from U[1 - b, 1 + b], then clamped to [0,1]
  double flip_horizontal = 0;             // probability of a mirror image, left to right
  double flip_vertical = 0;               // top to bottom
  double rotation_degrees = 0;            // an angle from U[-r, r], about the image's centre
  Index crop_height = 0, crop_width = 0;  // a random part of this size; 0: the whole image
  double scale = 0;                       // a magnification from U[1 - s, 1 + s]
  double colour = 0;   // a factor for each channel from U[1 - c, 1 + c], besides brightness
  double gamma = 0;    // light to the power 2^g, g from U[-gamma, gamma], before the factors
  double elastic = 0;  // standard deviation of an ElasticField's nodes, pixels

  static Augmentation none() { return {}; }
  /// The Q-Segment recipe: brightness 0.2, both flips with probability 0.5, rotation by -1..1
  /// degree.
  static Augmentation q_segment() { return {0.2, 0.5, 0.5, 1.0, 0, 0, 0, 0, 0, 0}; }
};
/// Throws Error for probabilities outside [0,1], brightness outside [0,1), angles beyond 180
/// degrees, a scale outside [0,1/2], colour outside [0,1), gamma outside [0,2], elastic outside
/// [0,32] or a crop with one side only.
void check(const Augmentation& augmentation);

/// One image's variation.
struct AugmentationDraw {
  std::array<float, 3> brightness{1, 1, 1};  // of the channels
  bool flip_horizontal = false, flip_vertical = false;
  double degrees = 0;                                   // counter-clockwise
  Index crop_y = 0, crop_x = 0, height = 0, width = 0;  // of the result
  double magnification = 1;
  double exponent = 1;  // of light
  double elastic = 0;   // pixels
  Random field{0, 0};   // the elastic field's numbers
};

/// Depends on (seed, epoch, sample number) alone. Throws Error when the crop exceeds the image.
AugmentationDraw draw_augmentation(const Augmentation& augmentation, const Shape& image,
                                   std::uint64_t seed, Index epoch, Index sample);

/// Writes image [h,w,3] in [0,1] and mask [h,w,1], of the draw's height and width. In order: flips,
/// rotation and magnification about the centre, elastic displacement (image bilinear, mask nearest;
/// what comes from outside is 0), crop; brightness multiplies (pixel / 255)^exponent, then clamps.
/// Without variation the values are exactly float(pixel) / 255.
void augment(const Sample& sample, const AugmentationDraw& draw, float* image, float* mask);

}  // namespace integrad
