// Direct convolution: lanes are output channels, `pixels` pixels by `blocks` vectors of sums stay
// in registers; each step loads the weights of one tap and group of input channels and broadcasts
// one group of codes per pixel.

// `taps` taps that are neighbours in the image as the pixels are (or one tap): a group is read once
// for all of them. Pixels go in smaller lots, so that the steps of one sum are apart by more than
// their latency.
template <int taps, int pixels, int blocks>
ALWAYS_INLINE void add_taps(const PixelPointers<std::uint8_t, pixels + taps - 1>& x,
                            const std::int8_t* w, Vector (&sum)[pixels][blocks]) {
  constexpr int kLot = blocks == 1 ? kTileGroup1 : kTileGroup2;
  Vector weight[taps][blocks], codes[pixels + taps - 1];
  UNROLL for (int k = 0; k < taps; ++k) UNROLL for (int b = 0; b < blocks; ++b) weight[k][b] =
      load(w + (k * blocks + b) * kLanes * 4);
  UNROLL for (int p = 0; p < taps - 1; ++p) codes[p] = broadcast_group(x.at(p));
  UNROLL for (int p = 0; p < pixels; p += kLot) {
    const int end = p + kLot < pixels ? p + kLot : pixels;
    UNROLL for (int q = p; q < end; ++q) codes[q + taps - 1] = broadcast_group(x.at(q + taps - 1));
    UNROLL for (int k = 0; k < taps; ++k) UNROLL for (int q = p; q < end; ++q)
        UNROLL for (int b = 0; b < blocks; ++b) add_products(sum[q][b], codes[q + k], weight[k][b]);
  }
}

struct ConvTile {
  std::int64_t first;  // byte of the first pixel's first tap in a row
  const std::int8_t* filter;
  const std::int32_t* bias;
  const float* factors;
  std::int32_t* sums;
  std::int64_t sums_step;  // from pixel to pixel
  std::int8_t* output;     // of the tile's first pixel and channel
};

// Stores the codes of a tile by a quick way; sum_at(pixel, block) are its sums. Whether they must
// be computed from the sums.
template <Quick quick, int pixels, int blocks, class SumAt>
ALWAYS_INLINE bool store_codes_of(const ConvRow& c, const ConvTile& t, SumAt sum_at) {
  QuickStage<quick, blocks> stage(c.stage, t.factors);
  constexpr int kPixelsStored = 4 / blocks;
  const std::int64_t step = c.out_channels;
  UNROLL for (int p = 0; p < pixels; p += kPixelsStored) {
    Vector four[4];
    UNROLL for (int i = 0; i < 4; ++i) four[i] = sum_at(p + i / blocks, i % blocks);
    const Vector codes = in_order(stage.codes(four, 0));
    if constexpr (blocks == 1)
      store(t.output + p * kLanes, codes);
    else
      store_halves(t.output + p * step, step, codes);
  }
  return stage.unclear();
}

// Stores the sums, and with a quick way the codes. Whether they must be computed from the sums.
template <Quick quick, int pixels, int blocks>
ALWAYS_INLINE bool finish_tile(const ConvRow& c, const ConvTile t,
                               const Vector (&sum)[pixels][blocks]) {
  if constexpr (!is_line(quick))
    UNROLL for (int p = 0; p < pixels; ++p) UNROLL for (int b = 0; b < blocks; ++b)
        store(t.sums + p * t.sums_step + b * kLanes, sum[p][b]);
  if constexpr (quick == Quick::none) return true;
  return store_codes_of<quick, pixels, blocks>(
      c, t, [&](int pixel, int b) ALWAYS_INLINE_LAMBDA { return sum[pixel][b]; });
}

// taps == 3: three neighbouring taps at stride 1; taps == 1: one tap; taps == 0: any kernel, stride
// and dilation.
template <int pixels, int blocks, int taps, Quick quick>
bool conv_tile(const ConvRow& c, const std::uint8_t* const* rows, const ConvTile& t) {
  Vector sum[pixels][blocks];
  UNROLL for (int b = 0; b < blocks; ++b) {
    const Vector bias = load(t.bias + b * kLanes);
    UNROLL for (int p = 0; p < pixels; ++p) sum[p][b] = bias;
  }
  const std::int64_t pixel_bytes = c.pixel_bytes, tap_bytes = c.dilation * pixel_bytes;
  const std::int8_t* w = t.filter;
  for (std::int64_t ky = 0; ky < c.kernel_y; ++ky) {
    PixelPointers<std::uint8_t, pixels + (taps == 3 ? 2 : 0)> x(rows[ky] + t.first,
                                                                c.stride * pixel_bytes);
    for (std::int64_t g = 0; g < c.groups; ++g) {
      if constexpr (taps > 0) {
        add_taps<taps>(x, w, sum);
        w += taps * blocks * kLanes * 4;
        x.advance(4);
      } else {
        for (std::int64_t kx = 0; kx < c.kernel_x; ++kx) {
          add_taps<1>(x, w, sum);
          w += blocks * kLanes * 4;
          x.advance(tap_bytes);
        }
        x.advance(4 - c.kernel_x * tap_bytes);
      }
    }
  }
  return finish_tile<quick>(c, t, sum);
}

template <int pixels, int blocks>
ALWAYS_INLINE bool conv_tile_of(const ConvRow& c, const std::uint8_t* const* rows,
                                const ConvTile& t, Quick quick) {
  return with_quick(quick, [&](auto constant) {
    constexpr Quick kQuick = decltype(constant)::value;
    if (c.kernel_x == 1) return conv_tile<pixels, blocks, 1, kQuick>(c, rows, t);
    if constexpr (kCodesStay)
      if (c.stride == 1 && c.kernel_x == 3 && c.dilation == 1)
        return conv_tile<pixels, blocks, 3, kQuick>(c, rows, t);
    return conv_tile<pixels, blocks, 0, kQuick>(c, rows, t);
  });
}

// Calls run(tile, blocks, quick) for each tile of a row and its one or two blocks of channels; it
// returns whether codes must be computed from the sums. Tiles have tile1 pixels of one block or
// tile2 of each two. A row's last tile computes pixels beyond the row; prepared rows are long
// enough for it. `weights`: of one block.
template <std::int64_t tile1, std::int64_t tile2, class Run>
ALWAYS_INLINE void for_each_tile(const ConvRow& c, std::int64_t pixel_bytes, std::int64_t weights,
                                 const std::int8_t* next, std::int32_t* sums, std::int8_t* output,
                                 Run run) {
  const std::int64_t tile = c.blocks == 1 ? tile1 : tile2;
  // A single block at the end of several is computed from the sums of all.
  const bool whole = c.out_channels % kLanes == 0 && (c.blocks == 1 || c.blocks % 2 == 0);
  ConvTile t;
  t.sums_step = c.blocks * kLanes;
  for (std::int64_t ox = 0; ox < c.out_width; ox += tile) {
    const std::int64_t left = c.out_width - ox, pixels = left < tile ? left : tile;
    const Quick quick = whole && pixels == tile ? c.stage.quick : Quick::none;
    fetch(next, ox * c.stride * c.in_channels, (ox + tile) * c.stride * c.in_channels);
    fetch_output(output + ox * c.out_channels, tile * c.out_channels);
    t.first = ox * pixel_bytes;
    t.filter = c.filter;
    t.bias = c.bias;
    t.factors = c.stage.factors;
    t.sums = sums;
    t.output = output + ox * c.out_channels;
    bool unclear = false;
    for (std::int64_t block = 0; block < c.blocks; block += 2) {
      if (block + 1 < c.blocks)
        unclear |= run(t, Constant<2>{}, quick);
      else
        unclear |= run(t, Constant<1>{}, quick);
      t.filter += 2 * weights;
      t.bias += 2 * kLanes;
      t.factors += 2 * kQuickRows * kLanes;
      t.sums += 2 * kLanes;
      t.output += 2 * kLanes;
    }
    if (unclear)
      requantize(c.stage, sums, pixels, c.out_channels,
                 place(c.stage, output, ox * c.out_channels));
  }
}

void conv_row(const ConvRow& c, const std::uint8_t* const* rows, const std::int8_t* next,
              std::int32_t* sums, std::int8_t* output) {
  for_each_tile<kTile1, kTile2>(
      c, c.stride * c.pixel_bytes, c.kernel_y * c.kernel_x * c.groups * 4 * kLanes, next, sums,
      output, [&](const ConvTile& t, auto blocks, Quick quick) ALWAYS_INLINE_LAMBDA {
        constexpr int kBlocks = decltype(blocks)::value;
        if (kBlocks == 1 && c.blocks == 1) return conv_tile_of<kTile1, 1>(c, rows, t, quick);
        return conv_tile_of<kTile2, kBlocks>(c, rows, t, kBlocks == 1 ? Quick::none : quick);
      });
}
