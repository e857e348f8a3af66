#include "integrad/train/image_check.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string>

#include "integrad/tensor/error.h"

namespace integrad::detail {

namespace {

constexpr std::array<std::uint8_t, 8> kPngSignature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

std::uint32_t big_endian32(std::span<const std::uint8_t> bytes) {
  return (std::uint32_t{bytes[0]} << 24) | (std::uint32_t{bytes[1]} << 16) |
         (std::uint32_t{bytes[2]} << 8) | bytes[3];
}

bool starts_with(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> prefix) {
  return bytes.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

/// Decompresses the PNG's pixel data piece by piece, keeping nothing, and stops when more comes out
/// than any PNG of this size can hold: the decoder itself would follow it to any amount of memory.
class PixelData {
 public:
  explicit PixelData(std::uint64_t max_bytes) : left_(max_bytes) {
    require(inflateInit(&stream_) == Z_OK, "the decompressor cannot be started");
  }
  PixelData(const PixelData&) = delete;
  PixelData& operator=(const PixelData&) = delete;
  ~PixelData() { inflateEnd(&stream_); }

  void add(std::span<const std::uint8_t> compressed) {
    stream_.next_in = const_cast<std::uint8_t*>(compressed.data());
    stream_.avail_in = static_cast<uInt>(compressed.size());
    while (stream_.avail_in > 0 && !complete_) {
      stream_.next_out = scratch_.data();
      stream_.avail_out = static_cast<uInt>(scratch_.size());
      const int result = inflate(&stream_, Z_NO_FLUSH);
      require(result == Z_OK || result == Z_STREAM_END, "the PNG's compressed pixels are damaged");
      const std::size_t produced = scratch_.size() - stream_.avail_out;
      require(produced <= left_, "the PNG's compressed pixels hold more than its size says");
      left_ -= produced;
      complete_ = result == Z_STREAM_END;
    }
  }
  bool complete() const { return complete_; }

 private:
  z_stream stream_{};
  std::array<std::uint8_t, 65536> scratch_;
  std::uint64_t left_;
  bool complete_ = false;
};

/// A JPEG's code tables: 16 counts of codes by length, then the codes' symbols, table after table.
/// The decoder has room for 256 codes and does not check.
void check_huffman_tables(std::span<const std::uint8_t> tables) {
  while (!tables.empty()) {
    require(tables.size() >= 17, "the JPEG is damaged: a code table is cut short");
    const auto counts = tables.subspan(1, 16);
    const auto codes = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
    require(codes <= 256 && codes <= tables.size() - 17, "the JPEG is damaged: a table of ", codes,
            " codes in ", tables.size(), " bytes");
    tables = tables.subspan(17 + codes);
  }
}

}  // namespace

bool is_png(std::span<const std::uint8_t> bytes) {
  return starts_with(bytes, kPngSignature);
}

bool is_jpeg(std::span<const std::uint8_t> bytes) {
  return starts_with(bytes, std::array<std::uint8_t, 3>{0xff, 0xd8, 0xff});
}

bool is_pnm(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 3 && bytes[0] == 'P' && (bytes[1] == '5' || bytes[1] == '6');
}

void check_png(std::span<const std::uint8_t> bytes, Index height, Index width) {
  // At most four 16-bit samples a pixel and a filter byte a row, in seven passes when interlaced.
  PixelData pixels(static_cast<std::uint64_t>(8 * height * width + 14 * (height + width) + 64));
  std::size_t at = kPngSignature.size();
  while (true) {
    // A chunk: length, type, data, CRC of type and data.
    require(bytes.size() - at >= 12, "the PNG is cut short: it ends at byte ", bytes.size(),
            " before its IEND chunk");
    const std::uint32_t length = big_endian32(bytes.subspan(at));
    require(length <= bytes.size() - at - 12, "the PNG is cut short: the chunk at byte ", at,
            " has ", length, " bytes of data, the file ", bytes.size());
    const auto typed = bytes.subspan(at + 4, std::size_t{length} + 4);
    require(crc32(0, typed.data(), static_cast<uInt>(typed.size())) ==
                big_endian32(bytes.subspan(at + 8 + length)),
            "the PNG is damaged: the chunk at byte ", at, " does not have its check sum");
    const std::string type(typed.begin(), typed.begin() + 4);
    if (type == "IDAT") pixels.add(typed.subspan(4));
    if (type == "IEND") break;
    at += std::size_t{length} + 12;
  }
  require(pixels.complete(), "the PNG's compressed pixels are cut short");
}

void check_jpeg(std::span<const std::uint8_t> bytes) {
  constexpr std::uint8_t kStartOfScan = 0xda, kEndOfImage = 0xd9, kCodeTables = 0xc4;
  auto starts_frame = [](std::uint8_t marker) { return marker >= 0xc0 && marker <= 0xc2; };
  auto standalone = [](std::uint8_t marker) {  // TEM, RST0..7, SOI: no length follows
    return marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
  };
  auto cut = [&] {
    fail("the JPEG is cut short: no end-of-image marker in ", bytes.size(), " bytes");
  };
  std::size_t at = 2;
  bool framed = false, scanned = false;
  while (true) {
    if (at >= bytes.size()) cut();
    require(bytes[at] == 0xff, "the JPEG is damaged: no marker at byte ", at);
    while (at < bytes.size() && bytes[at] == 0xff) ++at;  // fill bytes may repeat 0xff
    if (at >= bytes.size()) cut();
    const std::uint8_t marker = bytes[at++];
    // Inside coded data a decoder may read 0xff 0xff 0 as a stuffed byte, and go another way than
    // we.
    require(marker != 0, "the JPEG is damaged: no marker at byte ", at - 1);
    if (marker == kEndOfImage) break;
    if (standalone(marker)) continue;
    if (bytes.size() - at < 2) cut();
    const std::size_t length = std::size_t{bytes[at]} * 256 + bytes[at + 1];
    require(length >= 2, "the JPEG is damaged: the segment at byte ", at, " has length ", length);
    if (length > bytes.size() - at) cut();
    if (marker == kCodeTables) check_huffman_tables(bytes.subspan(at + 2, length - 2));
    if (starts_frame(marker)) {
      require(!framed, "the JPEG is damaged: it has a second frame header at byte ", at);
      framed = true;
    }
    at += length;
    if (marker != kStartOfScan) continue;
    require(framed, "the JPEG is damaged: its data at byte ", at, " comes before any frame header");
    scanned = true;
    // Coded data: 0xff is followed by 0 (a stuffed byte) or a restart marker, else it ends here.
    auto coded = [&](std::size_t i) {
      return bytes[i] == 0 || (bytes[i] >= 0xd0 && bytes[i] <= 0xd7);
    };
    while (at + 1 < bytes.size() && (bytes[at] != 0xff || coded(at + 1))) ++at;
    if (at + 1 >= bytes.size()) cut();
  }
  require(scanned, "the JPEG is damaged: it holds no image data");
}

PnmHeader parse_pnm(std::span<const std::uint8_t> bytes) {
  std::size_t at = 2;
  auto is_space = [](std::uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  auto number = [&](const char* what) {
    while (at < bytes.size() && (is_space(bytes[at]) || bytes[at] == '#')) {
      if (bytes[at] == '#')
        while (at < bytes.size() && bytes[at] != '\n') ++at;
      else
        ++at;
    }
    Index value = -1;
    for (; at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '9'; ++at) {
      value = std::max<Index>(value, 0) * 10 + (bytes[at] - '0');
      require(value <= 0x7fffffff, "the PNM header's ", what, " is too large");
    }
    require(value > 0, "the PNM header has no ", what);
    return value;
  };
  PnmHeader header{};
  header.width = number("width");
  header.height = number("height");
  const Index maximum = number("maximum");
  require(maximum == 255, "PNM samples of maximum ", maximum, " are not supported, only 255");
  require(at < bytes.size() && is_space(bytes[at]), "the PNM header is cut short");
  header.channels = bytes[1] == '6' ? 3 : 1;
  header.data_offset = static_cast<Index>(at) + 1;
  // The extents are below 2^31: their product fits; compared by division, so that times 3 does not
  // matter.
  const Index available = static_cast<Index>(bytes.size()) - header.data_offset;
  require(header.width * header.height <= available / header.channels,
          "the PNM is cut short: ", header.width, " x ", header.height, " pixels of ",
          header.channels, " bytes do not fit ", available, " bytes");
  return header;
}

}  // namespace integrad::detail
