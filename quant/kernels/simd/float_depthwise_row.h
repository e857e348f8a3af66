// Depthwise convolution of 3x3 in floats, which are exact below 2^24. No instruction here
// multiplies bytes and keeps their whole product, and sums of 16-bit products take their rows in
// pairs, which have to be made: floats need two thirds of the instructions. Lanes are channels.

// Codes less their zero point, as floats. The layout has one block of whole vectors.
void prepare_float_row(const RowLayout& r, const std::int8_t* row, std::uint8_t* into) {
  float* to = reinterpret_cast<float*>(into);
  const auto clear = [&](std::int64_t pixels) {
    std::memset(to, 0, static_cast<std::size_t>(pixels * r.pixel_bytes));
    to += pixels * r.channels;
  };
  const std::int64_t room = r.pixels - r.pad;  // may be below 0
  const std::int64_t inside = row == nullptr || room <= 0 ? 0 : room < r.width ? room : r.width;
  const std::int64_t before = inside > 0 ? r.pad : r.pixels;
  clear(before);
  const Vector zero = splat(r.zero_point);
  for (std::int64_t left = inside * r.channels; left > 0; left -= kLanes) {
    store_floats(to, to_floats(subtract(widen_codes(row), zero)));
    row += kLanes;
    to += kLanes;
  }
  clear(r.pixels - before - inside);
}

constexpr int kFloatTile =
    8;  // pixels held: of fewer, each sum would wait for its own last product

// A tile of one block of channels. Whether the codes must be computed from the sums.
template <Quick quick>
bool float_depthwise_tile(const FloatDepthwiseRow& c, const float* const (&rows)[3],
                          std::int64_t block, std::int32_t* sums, std::int8_t* output) {
  const std::int64_t step = c.channels, tap = c.dilation * step, first = block * kLanes;
  Floats sum[kFloatTile];
  UNROLL for (int p = 0; p < kFloatTile; ++p) sum[p] = load_floats(c.bias + first);
  const float* filter = c.filter + 9 * first;
  UNROLL for (int ky = 0; ky < 3; ++ky) {
    PixelPointers<float, kFloatTile> x(rows[ky] + first, step);
    UNROLL for (int kx = 0; kx < 3; ++kx, filter += kLanes, x.advance(tap)) {
      const Floats weight = load_floats(filter);
      UNROLL for (int p = 0; p < kFloatTile; ++p) sum[p] =
          fma(load_floats(x.at(p)), weight, sum[p]);
    }
  }
  if constexpr (!is_line(quick))
    UNROLL for (int p = 0; p < kFloatTile; ++p) store(sums + first + p * step, nearest(sum[p]));
  if constexpr (quick == Quick::none) return true;
  QuickStage<quick, 1> stage(c.stage, c.stage.factors + first * kQuickRows);
  UNROLL for (int p = 0; p < kFloatTile; p += 4) {
    const Floats four[4] = {sum[p], sum[p + 1], sum[p + 2], sum[p + 3]};
    store_quarters(output + first + p * step, step, in_order(stage.codes(four, 0)));
  }
  return stage.unclear();
}

void float_depthwise_row(const FloatDepthwiseRow& c, const std::uint8_t* const* rows,
                         const std::int8_t* next, std::int32_t* sums, std::int8_t* output) {
  const float* row[3];
  for (int ky = 0; ky < 3; ++ky) row[ky] = reinterpret_cast<const float*>(rows[ky]);
  for (std::int64_t ox = 0; ox < c.out_width; ox += kFloatTile) {
    const std::int64_t left = c.out_width - ox, pixels = left < kFloatTile ? left : kFloatTile;
    const Quick quick = pixels == kFloatTile ? c.stage.quick : Quick::none;
    std::int8_t* const into = place(c.stage, output, ox * c.channels);
    fetch(next, ox * c.channels, (ox + kFloatTile) * c.channels);
    fetch_output(into, kFloatTile * c.channels);
    bool unclear = false;
    with_quick(quick, [&](auto constant) {
      for (std::int64_t block = 0; block < c.channels / kLanes; ++block)
        unclear |= float_depthwise_tile<decltype(constant)::value>(c, row, block, sums, into);
    });
    if (unclear) requantize(c.stage, sums, pixels, c.channels, into);
    UNROLL for (int ky = 0; ky < 3; ++ky) row[ky] += kFloatTile * c.channels;
  }
}
