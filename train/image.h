#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "integrad/tensor/tensor.h"

namespace integrad {

/// An 8-bit picture [1,height,width,channels]; masks have one channel with values 0 and 1.
using Image = Tensor<std::uint8_t>;

/// The light that a pixel's code stands for, in [0,1]: what models are trained on and given.
inline float light_of(std::uint8_t code) {
  return static_cast<float>(code) / 255.0f;
}
/// Every pixel as light.
Tensor<float> in_unit_range(const Image& image);

/// What an image file may at most be; larger ones are refused before anything is decoded.
struct ImageLimits {
  Index max_side = 16384;
  Index max_pixels = Index{1} << 26;
  std::uint64_t max_file_bytes = std::uint64_t{1} << 28;
};

/// Decodes JPEG, PNG, PGM (P5) and PPM (P6, 8 bits a sample) with 1 or 3 channels: grey is
/// repeated, colours become luma, transparency is dropped, 16-bit samples keep their high byte.
/// Throws Error for other formats, beyond the limits, and for files that are cut short or damaged
/// (a PNG's check sums, a JPEG's marker structure up to its end-of-image marker).
Image decode_image(std::span<const std::uint8_t> bytes, int channels,
                   const ImageLimits& limits = {});
/// The same from a file; the Error names it.
Image load_image(const std::filesystem::path& path, int channels, const ImageLimits& limits = {});

/// A PNG of an image with 1, 3 or 4 channels. Throws Error for other shapes.
std::vector<std::uint8_t> encode_png(const Image& image);
/// Written beside and renamed; throws Error naming the file.
void save_png(const std::filesystem::path& path, const Image& image);

}  // namespace integrad
