#include "integrad/train/image.h"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>

#include "integrad/tensor/files.h"
#include "integrad/train/image_check.h"

namespace {

/// zlib in place of the writer's own, weaker compressor; returns null when out of memory.
unsigned char* compress_for_png(unsigned char* data, int size, int* compressed_size, int level) {
  uLongf bound = compressBound(static_cast<uLong>(size));
  auto* result = static_cast<unsigned char*>(std::malloc(bound));
  if (result == nullptr ||
      compress2(result, &bound, data, static_cast<uLong>(size), level) != Z_OK) {
    std::free(result);
    return nullptr;
  }
  *compressed_size = static_cast<int>(bound);
  return result;
}

}  // namespace

// Without SIMD the decoder gives the same pixels on every machine by construction.
#define STBI_NO_SIMD
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBIW_ZLIB_COMPRESS compress_for_png
#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"  // reported at our translation unit's end
#include <stb/stb_image.h>
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

namespace integrad {

namespace {

struct Free {
  void operator()(unsigned char* memory) const { std::free(memory); }
};
using Pixels = std::unique_ptr<unsigned char, Free>;

void check_limits(Index height, Index width, const ImageLimits& limits) {
  require(height >= 1 && width >= 1, "the image has no pixels");
  require(height <= limits.max_side && width <= limits.max_side, "the image is ", width, " x ",
          height, "; a side may have at most ", limits.max_side, " pixels");
  require(width <= limits.max_pixels / height, "the image is ", width, " x ", height, "; at most ",
          limits.max_pixels, " pixels are accepted");
}

Image decode_pnm(std::span<const std::uint8_t> bytes, int channels, const ImageLimits& limits) {
  const detail::PnmHeader header = detail::parse_pnm(bytes);
  check_limits(header.height, header.width, limits);
  Image image = Image::uninitialized(Shape{1, header.height, header.width, channels});
  const std::uint8_t* from = bytes.data() + header.data_offset;
  std::uint8_t* to = image.data();
  for (Index i = 0; i < header.height * header.width;
       ++i, from += header.channels, to += channels) {
    const bool grey = header.channels == 1;
    const int red = from[0], green = grey ? red : from[1], blue = grey ? red : from[2];
    if (channels == 1) {  // the same integer luma as for the other formats
      to[0] = static_cast<std::uint8_t>((red * 77 + green * 150 + blue * 29) >> 8);
    } else {
      to[0] = static_cast<std::uint8_t>(red);
      to[1] = static_cast<std::uint8_t>(green);
      to[2] = static_cast<std::uint8_t>(blue);
    }
  }
  return image;
}

}  // namespace

Image decode_image(std::span<const std::uint8_t> bytes, int channels, const ImageLimits& limits) {
  require(channels == 1 || channels == 3, "an image is read with 1 or 3 channels, not ", channels);
  require(bytes.size() <=
              std::min<std::uint64_t>(limits.max_file_bytes, std::numeric_limits<int>::max()),
          "the image has ", bytes.size(), " bytes; at most ", limits.max_file_bytes,
          " are accepted");
  if (detail::is_pnm(bytes)) return decode_pnm(bytes, channels, limits);
  require(detail::is_png(bytes) || detail::is_jpeg(bytes), "is not a JPEG, PNG, PGM or PPM image");
  const int size = static_cast<int>(bytes.size());
  int width = 0, height = 0, stored_channels = 0;
  // Before anything else reads it: the decoder trusts a JPEG's code tables even to learn its size.
  if (!detail::is_png(bytes)) detail::check_jpeg(bytes);
  require(stbi_info_from_memory(bytes.data(), size, &width, &height, &stored_channels) != 0,
          "the image's header is damaged: ", stbi_failure_reason());
  check_limits(height, width, limits);
  if (detail::is_png(bytes)) detail::check_png(bytes, height, width);
  const Pixels pixels(
      stbi_load_from_memory(bytes.data(), size, &width, &height, &stored_channels, channels));
  require(pixels != nullptr, "the image cannot be decoded: ", stbi_failure_reason());
  const Shape shape{1, height, width, channels};
  return Image(shape, std::span<const std::uint8_t>(pixels.get(),
                                                    static_cast<std::size_t>(shape.elements())));
}

Image load_image(const std::filesystem::path& path, int channels, const ImageLimits& limits) {
  const std::vector<std::uint8_t> bytes = read_file(path, limits.max_file_bytes);
  return with_context("image '" + path.string() + "'",
                      [&] { return decode_image(bytes, channels, limits); });
}

std::vector<std::uint8_t> encode_png(const Image& image) {
  const Shape& shape = image.shape();
  require(shape.rank() == 4 && shape.batch() == 1 && !image.empty() &&
              (shape.channels() == 1 || shape.channels() == 3 || shape.channels() == 4),
          "a PNG needs an image of shape [1,h,w,1], [1,h,w,3] or [1,h,w,4]; got ", shape);
  // The writer counts bytes, one more a row for its filter, in an int.
  require(image.size() + shape.height() <= std::numeric_limits<int>::max() / 2,
          "an image of shape ", shape, " is too large for a PNG");
  int size = 0;
  const int width = static_cast<int>(shape.width()), channels = static_cast<int>(shape.channels());
  const Pixels png(stbi_write_png_to_mem(image.data(), width * channels, width,
                                         static_cast<int>(shape.height()), channels, &size));
  require(png != nullptr, "no memory to compress an image of shape ", shape);
  return {png.get(), png.get() + size};
}

void save_png(const std::filesystem::path& path, const Image& image) {
  write_file_atomically(path, encode_png(image));
}

Tensor<float> in_unit_range(const Image& image) {
  Tensor<float> result = Tensor<float>::uninitialized(image.shape());
  for (Index i = 0; i < image.size(); ++i) result[i] = light_of(image[i]);
  return result;
}

}  // namespace integrad
