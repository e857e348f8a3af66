#include "integrad/train/comparison.h"

namespace integrad {

namespace {

void check_mask(const Image& image, const Image& mask) {
  require(image.shape().rank() == 4 && mask.shape() == image.shape().with(3, 1), "a mask ",
          mask.shape(), " does not fit an image ", image.shape());
}

void paint(Image& picture, Index pixel, const Colour& colour) {
  std::copy(colour.begin(), colour.end(), picture.data() + 3 * pixel);
}

}  // namespace

std::string to_hex(const Colour& colour) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "#";
  for (const int value : colour) {
    text += kDigits[value >> 4];
    text += kDigits[value & 15];
  }
  return text;
}

Image dimmed(const Image& image) {
  require(image.shape().rank() == 4 && image.shape().channels() == 3,
          "an overlay needs an image of 3 channels; got ", image.shape());
  Image result = Image::uninitialized(image.shape());
  for (Index i = 0; i < image.size(); i += 3) {
    const int sum = image[i] + image[i + 1] + image[i + 2];
    // A third of the mean brightness: dark enough for kMissed, light enough to see the structures.
    std::fill_n(result.data() + i, 3, static_cast<std::uint8_t>(sum / 9));
  }
  return result;
}

Image show_truth(const Image& image, const Image& truth) {
  return show_prediction(image, truth, truth);
}

Image show_prediction(const Image& image, const Image& truth, const Image& prediction) {
  check_mask(image, truth);
  check_mask(image, prediction);
  Image picture = dimmed(image);
  for (Index pixel = 0; pixel < truth.size(); ++pixel) {
    const bool wanted = truth[pixel] != 0, found = prediction[pixel] != 0;
    if (wanted && found) paint(picture, pixel, kFound);
    if (wanted && !found) paint(picture, pixel, kMissed);
    if (!wanted && found) paint(picture, pixel, kFalse);
  }
  return picture;
}

}  // namespace integrad
