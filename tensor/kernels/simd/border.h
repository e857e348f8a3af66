// Copies `pixels` pixels of a row, beginning at `start`, zeros where the row has none.
void copy_padded(const float* row, std::int64_t width, std::int64_t channels, std::int64_t start,
                 std::int64_t pixels, float* into) {
  const std::int64_t end = start + pixels;
  const std::int64_t low = start >= 0 ? start : end < 0 ? end : 0, high = end < width ? end : width;
  const std::int64_t before = low - start, inside = high > low ? high - low : 0;
  const auto bytes = [channels](std::int64_t count) {
    return static_cast<std::size_t>(count * channels) * sizeof(float);
  };
  std::memset(into, 0, bytes(before));
  if (inside > 0) std::memcpy(into + before * channels, row + low * channels, bytes(inside));
  std::memset(into + (before + inside) * channels, 0, bytes(pixels - before - inside));
}

// The same of `rows` rows, one behind the other.
RingRows<float> copy_padded(const RingRows<float>& x, std::int64_t rows, std::int64_t width,
                            std::int64_t channels, std::int64_t start, std::int64_t pixels,
                            float* into) {
  const RingRows<float> copies{into, pixels * channels};
  for (std::int64_t row = 0; row < rows; ++row)
    copy_padded(x.row(row), width, channels, start, pixels, into + row * copies.step);
  return copies;
}

// Part of an output row with the input it reads: the image, or a strip copied with its border.
struct Segment {
  RingRows<float> x;        // from tap 0 of the first output on, rows of ky_begin and behind it
  std::int64_t begin, end;  // outputs
};

// Cuts outputs begin .. end - 1 into those that meet the left border, none, and the right border.
// Strips are copied to `scratch`.
struct Segments {
  Segment part[3];
};
template <class Convolution>
Segments cut(const Convolution& c, const RingRows<float>& x, std::int64_t rows, float* scratch) {
  const std::int64_t extent = (c.kernel_x - 1) * c.dilation + 1;
  Segments cuts;
  const std::int64_t edges[4] = {0, c.inner_begin, c.inner_end, c.out_width};
  for (int i = 0; i < 3; ++i) {
    Segment& part = cuts.part[i];
    part.begin = edges[i];
    part.end = edges[i + 1];
    const std::int64_t start = part.begin * c.stride - c.pad;
    const std::int64_t pixels = (part.end - part.begin - 1) * c.stride + extent;
    if (i == 1 || part.begin >= part.end) {
      part.x = x.at(start * c.in_channels);
      continue;
    }
    part.x = copy_padded(x, rows, c.in_width, c.in_channels, start, pixels, scratch);
    scratch += rows * part.x.step;
  }
  return cuts;
}
