// Convolution to a single channel, where lanes that are output channels would stand idle: lanes are
// groups of input channels instead, four for each of kLanes / 4 pixels, and are added in the end.
// kLanes pixels are computed together.

void narrow_row(const ConvRow& c, const std::uint8_t* const* rows, const std::int8_t* next,
                std::int32_t* sums, std::int8_t* output) {
  constexpr int kVectorPixels = kLanes / 4;
  const std::int64_t pixel_bytes = c.pixel_bytes, step = c.stride * pixel_bytes;
  const std::int64_t vectors = (c.out_width + kLanes - 1) / kLanes;
  const Vector bias = splat(c.bias[0]);
  for (std::int64_t vector = 0; vector < vectors; ++vector) {
    const std::int64_t part = kLanes * c.stride * c.in_channels;
    fetch(next, vector * part, (vector + 1) * part);
    Vector sum[4] = {splat(0), splat(0), splat(0), splat(0)};
    const std::int8_t* w = c.filter;
    for (std::int64_t ky = 0; ky < c.kernel_y; ++ky)
      for (std::int64_t kx = 0; kx < c.kernel_x; ++kx)
        for (std::int64_t byte = 0; byte < pixel_bytes; byte += 16, w += kLanes * 4) {
          const Vector weight = load(w);
          const std::uint8_t* x =
              rows[ky] + vector * kLanes * step + kx * c.dilation * pixel_bytes + byte;
          UNROLL for (int v = 0; v < 4; ++v, x += kVectorPixels * step)
              add_products(sum[v], step == 16 ? load(x) : load_pixels(x, step), weight);
        }
    store(sums + vector * kLanes, add(add_partial_sums(sum), bias));
  }
  // Lanes are pixels here: to the output stage, kLanes channels of one scale.
  const std::int64_t whole = c.out_width / kLanes, rest = c.out_width % kLanes;
  requantize(c.stage, sums, whole, kLanes, output);
  if (rest == 0) return;
  if (c.stage.finish == Finish::sums) {
    std::memcpy(output + whole * kLanes * 4, sums + whole * kLanes,
                static_cast<std::size_t>(rest * 4));
    return;
  }
  std::int8_t last[kLanes];
  requantize(c.stage, sums + whole * kLanes, 1, kLanes, last);
  std::memcpy(output + whole * kLanes, last, static_cast<std::size_t>(rest));
}
