#pragma once
#include <cstdint>
#include <span>

#include "integrad/tensor/shape.h"

namespace integrad::detail {

/// The container's structure, before a decoder sees it: decoders are lenient about cut files, and
/// would turn half a photograph into half a training image.

bool is_png(std::span<const std::uint8_t> bytes);
bool is_jpeg(std::span<const std::uint8_t> bytes);
bool is_pnm(std::span<const std::uint8_t> bytes);

/// Walks the chunks up to IEND, verifies each one's CRC, and that the compressed pixels are whole
/// and no more than an image of this size (from the header, within limits) can have. Throws Error.
void check_png(std::span<const std::uint8_t> bytes, Index height, Index width);
/// Walks the segments and scans up to the end-of-image marker; what follows it is ignored, as
/// cameras append data there. One frame header, before the scans; code tables of at most 256 codes.
/// Coded data that is shorter than the picture, but ends in the marker, is not noticed. Throws
/// Error.
void check_jpeg(std::span<const std::uint8_t> bytes);

/// A binary PGM or PPM's header; throws Error when it is malformed or the samples do not fit the
/// file.
struct PnmHeader {
  Index width, height, channels, data_offset;
};
PnmHeader parse_pnm(std::span<const std::uint8_t> bytes);

}  // namespace integrad::detail
