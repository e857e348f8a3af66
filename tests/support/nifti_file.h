#pragma once
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace integrad::testing {

using FileBytes = std::vector<std::uint8_t>;

/// A small NIfTI-1 file, field by field.
struct NiftiFile {
  explicit NiftiFile(bool swapped = false) : swapped(swapped) {
    put<std::int32_t>(0, 348);
    std::memcpy(bytes.data() + 344, "n+1", 4);
    put<float>(108, 352);
    for (std::size_t axis = 1; axis <= 3; ++axis)
      put<float>(76 + 4 * axis, 0.5f * static_cast<float>(axis));
  }
  template <class T>
  void put(std::size_t place, T value) {
    auto raw = std::bit_cast<std::array<std::uint8_t, sizeof(T)>>(value);
    if (swapped) std::ranges::reverse(raw);
    if (bytes.size() < place + sizeof(T)) bytes.resize(place + sizeof(T));
    std::ranges::copy(raw, bytes.begin() + static_cast<std::ptrdiff_t>(place));
  }
  void dims(const std::vector<std::int16_t>& extents) {
    put<std::int16_t>(40, static_cast<std::int16_t>(extents.size()));
    for (std::size_t i = 0; i < extents.size(); ++i) put<std::int16_t>(42 + 2 * i, extents[i]);
  }
  void type(std::int16_t datatype, std::int16_t bits) {
    put(70, datatype);
    put(72, bits);
  }
  void scale(float slope, float inter) {
    put(112, slope);
    put(116, inter);
  }
  template <class T>
  void voxels(const std::vector<T>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) put(352 + i * sizeof(T), values[i]);
  }

  bool swapped;
  FileBytes bytes = FileBytes(352);
};

inline FileBytes gzipped(const FileBytes& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  FileBytes result(deflateBound(&stream, bytes.size()) + 64);
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = result.data();
  stream.avail_out = static_cast<uInt>(result.size());
  deflate(&stream, Z_FINISH);
  result.resize(result.size() - stream.avail_out);
  deflateEnd(&stream);
  return result;
}

}  // namespace integrad::testing
