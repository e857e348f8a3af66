#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "integrad/train/image.h"

namespace integrad {

/// The text with & < > " ' replaced, so that it can stand in an element or a quoted attribute.
/// Control characters other than tab and line feed become spaces.
std::string escape_html(std::string_view text);

/// RFC 4648, section 4, with padding.
std::string encode_base64(std::span<const std::uint8_t> bytes);

/// The image as a PNG inside an address: data:image/png;base64,...
std::string png_data_uri(const Image& image);

}  // namespace integrad
