#include "integrad/train/gunzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "integrad/tensor/error.h"

namespace integrad {

namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib's way to say so

class Inflater {
 public:
  explicit Inflater(std::span<const std::uint8_t> bytes) : left_(bytes) {
    require(inflateInit2(&stream_, kGzipOnly) == Z_OK, "the decompressor cannot be started");
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  /// Writes up to into.size() bytes and returns how many; fewer only at the end of the data.
  std::size_t read(std::span<std::uint8_t> into) {
    std::size_t written = 0;
    while (written < into.size() && !ended_) {
      if (stream_.avail_in == 0) feed();
      const auto room = static_cast<uInt>(std::min<std::size_t>(into.size() - written, kMost));
      stream_.next_out = into.data() + written;
      stream_.avail_out = room;
      const int result = inflate(&stream_, Z_NO_FLUSH);
      written += room - stream_.avail_out;
      ended_ = result == Z_STREAM_END;
      require(ended_ || result == Z_OK || result == Z_BUF_ERROR, "the gzip data is damaged",
              stream_.msg != nullptr ? std::string(" (") + stream_.msg + ")" : std::string());
      require(ended_ || stream_.avail_in > 0 || !left_.empty() || written == into.size(),
              "the gzip data ends early");
    }
    return written;
  }

 private:
  static constexpr std::size_t kMost = std::size_t{1} << 30;  // zlib counts in 32 bits

  void feed() {
    const std::size_t size = std::min(left_.size(), kMost);
    stream_.next_in = const_cast<Bytef*>(left_.data());  // zlib does not write there
    stream_.avail_in = static_cast<uInt>(size);
    left_ = left_.subspan(size);
  }

  z_stream stream_{};
  std::span<const std::uint8_t> left_;
  bool ended_ = false;
};

}  // namespace

bool is_gzip(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

std::vector<std::uint8_t> gunzip(std::span<const std::uint8_t> bytes, std::uint64_t size,
                                 bool whole) {
  require(size <= std::numeric_limits<std::ptrdiff_t>::max(), "gzip data of ", size, " bytes");
  Inflater inflater(bytes);
  std::vector<std::uint8_t> result(size);
  const std::size_t got = inflater.read(result);
  require(got == size, "the gzip data holds ", got, " bytes, ", size, " are needed");
  if (whole) {
    std::uint8_t more = 0;
    require(inflater.read({&more, 1}) == 0, "the gzip data holds more than the ", size,
            " bytes that its header announces");
  }
  return result;
}

}  // namespace integrad
