// Three neighbouring taps, four outputs of a row at a time from six products instead of twelve:
// Winograd's F(4, 3), evaluated at 0, 1, -1, 2, -2 and infinity (tensor/kernels/winograd.h has the
// formulas). There, the factors of points are integers: of codes within 255 of the zero point at
// most 2550. So are those of taps when they are 24 times as large, at most 3072. Products then add
// up to 24 times the sums, modulo 2^32, and nothing is lost where those are representable: the
// bytes are those of conv_row. Lanes are output channels; groups hold two channels' factors.
//
// A prepared row holds [fours][16 channels at a time][6 factors][16 channels].
constexpr std::int64_t kFactorBytes = kWinogradLanes * 2, kBlockGroups = kWinogradLanes / 2;
static_assert(kVectorCodes == kWinogradLanes);

// The factors of some fours of 16 channels. `left` of them belong to the row.
template <bool whole, bool inside>
void prepare_fours(const RowLayout& r, const std::int8_t* row, std::int64_t left,
                   std::int64_t begin, std::int64_t end, std::uint8_t* into) {
  const Vector zero_point = splat(r.zero_point);
  const auto pixel = [&](std::int64_t x) ALWAYS_INLINE_LAMBDA {
    if (!inside && (x < 0 || x >= r.width)) return splat(0);
    const std::int8_t* const codes = row + x * r.channels;
    if constexpr (whole) return elements_of(codes, zero_point);
    std::int8_t some[kVectorCodes] = {};
    std::memcpy(some, codes, static_cast<std::size_t>(left));
    return elements_of(some, zero_point);
  };
  std::int64_t x = 4 * begin - r.pad;
  into += begin * r.pixel_bytes;
  Vector d0 = pixel(x), d1 = pixel(x + 1);
  for (std::int64_t p = begin; p < end; ++p, x += 4, into += r.pixel_bytes) {
    const Vector d2 = pixel(x + 2), d3 = pixel(x + 3), d4 = pixel(x + 4), d5 = pixel(x + 5);
    // Those of 1 and -1 are even_1 + odd_1 and even_1 - odd_1; of 2 and -2 the same.
    const Vector even_2 = subtract_words(d4, d2), odd_2 = subtract_words(d3, d1);
    const Vector even_1 = subtract_words(d4, times_words<4>(d2));
    const Vector odd_1 = subtract_words(d3, times_words<4>(d1));
    const Vector twice = times_words<2>(odd_2);
    store(into, add_words(times_words<4>(subtract_words(d0, d2)), even_2));
    store(into + kFactorBytes, add_words(even_1, odd_1));
    store(into + 2 * kFactorBytes, subtract_words(even_1, odd_1));
    store(into + 3 * kFactorBytes, add_words(even_2, twice));
    store(into + 4 * kFactorBytes, subtract_words(even_2, twice));
    store(into + 5 * kFactorBytes, subtract_words(subtract_words(d5, d3), times_words<2>(twice)));
    d0 = d4;
    d1 = d5;
  }
}

// As Int8Kernels::prepare_row; the layout's pixels are fours.
void prepare_winograd_row(const RowLayout& r, const std::int8_t* row, std::uint8_t* into) {
  if (row == nullptr) {
    std::memset(into, 0, static_cast<std::size_t>(r.pixels * r.pixel_bytes));
    return;
  }
  // Fours that read no point outside the row.
  const auto within = [&](std::int64_t fours) {
    return fours < 0 ? 0 : fours < r.pixels ? fours : r.pixels;
  };
  const std::int64_t room = r.width + r.pad - 6, begin = within((r.pad + 3) / 4);
  const std::int64_t last = room < 0 ? 0 : within(room / 4 + 1), end = last < begin ? begin : last;
  for (std::int64_t first = 0; first < r.channels; first += kVectorCodes) {
    const std::int64_t left = r.channels - first;
    const bool whole = left >= kVectorCodes;
    const auto edge = whole ? prepare_fours<true, false> : prepare_fours<false, false>;
    const auto middle = whole ? prepare_fours<true, true> : prepare_fours<false, true>;
    edge(r, row + first, left, 0, begin, into);
    if (begin < end) middle(r, row + first, left, begin, end, into);
    edge(r, row + first, left, end, r.pixels, into);
    into += kWinogradFactors * kFactorBytes;
  }
}

// Adds the products of the factors i and j. sum[2 p] and sum[2 p + 1] are those of four p.
template <int i, int j, int fours, int blocks>
ALWAYS_INLINE void add_factors(const ConvRow& c, const std::uint8_t* const* rows,
                               std::int64_t first, std::int64_t four_bytes, const std::int8_t* w,
                               Vector (&sum)[2 * fours][blocks]) {
  constexpr std::int64_t kOffset[2] = {i * kFactorBytes, j * kFactorBytes};
  for (std::int64_t ky = 0; ky < c.kernel_y; ++ky) {
    PixelPointers<std::uint8_t, fours> x(rows[ky] + first, four_bytes);
    for (std::int64_t left = c.groups; left > 0; left -= kBlockGroups) {
      const std::int64_t groups = left < kBlockGroups ? left : kBlockGroups;
      for (std::int64_t g = 0; g < groups; ++g) {
        UNROLL for (int k = 0; k < 2; ++k) {
          Vector weight[blocks];
          UNROLL for (int b = 0; b < blocks; ++b) weight[b] =
              load(w + (k * blocks + b) * kLanes * 4);
          UNROLL for (int p = 0; p < fours; ++p) {
            const Vector factor = broadcast_group(x.at(p) + kOffset[k]);
            UNROLL for (int b = 0; b < blocks; ++b)
                add_products(sum[2 * p + k][b], factor, weight[b]);
          }
        }
        w += 2 * blocks * kLanes * 4;
        x.advance(4);
      }
      x.advance(kWinogradFactors * kFactorBytes - 4 * groups);
    }
  }
}

// 24 times a sum, modulo 2^32, to the sum itself: an eighth, times the inverse of 3.
ALWAYS_INLINE Vector divided(Vector sum) {
  return multiply_low(shift_right(sum, splat(3)), splat(static_cast<std::int32_t>(0xaaaaaaabu)));
}

template <int fours, int blocks, Quick quick>
NEVER_INLINE bool winograd_tile(const ConvRow& c, const std::uint8_t* const* rows,
                                const ConvTile& t, std::int64_t four_bytes) {
  const std::int64_t phase = c.kernel_y * c.groups * 2 * blocks * kLanes * 4;
  const auto place = [&](int pixel, int b)
                         ALWAYS_INLINE_LAMBDA { return t.sums + pixel * t.sums_step + b * kLanes; };
  const auto finish = [&](int pixel, int b, Vector sum) ALWAYS_INLINE_LAMBDA {
    store(place(pixel, b), add(divided(sum), load(t.bias + b * kLanes)));
  };
  Vector sum[2 * fours][blocks];
  const auto clear = [&]() ALWAYS_INLINE_LAMBDA {
    UNROLL for (int p = 0; p < 2 * fours; ++p) UNROLL for (int b = 0; b < blocks; ++b) sum[p][b] =
        splat(0);
  };
  clear();
  add_factors<1, 2, fours, blocks>(c, rows, t.first, four_bytes, t.filter, sum);
  UNROLL for (int p = 0; p < fours; ++p) UNROLL for (int b = 0; b < blocks; ++b) {
    store(place(4 * p, b), add(sum[2 * p][b], sum[2 * p + 1][b]));
    store(place(4 * p + 1, b), subtract(sum[2 * p][b], sum[2 * p + 1][b]));
  }
  clear();
  add_factors<3, 4, fours, blocks>(c, rows, t.first, four_bytes, t.filter + phase, sum);
  // The two in the middle are complete.
  UNROLL for (int p = 0; p < fours; ++p) UNROLL for (int b = 0; b < blocks; ++b) {
    const Vector even_1 = load(place(4 * p, b)), odd_1 = load(place(4 * p + 1, b));
    const Vector even_2 = add(sum[2 * p][b], sum[2 * p + 1][b]);
    const Vector twice = times<2>(subtract(sum[2 * p][b], sum[2 * p + 1][b]));
    finish(4 * p + 1, b, add(odd_1, twice));
    finish(4 * p + 2, b, add(even_1, times<4>(even_2)));
    sum[2 * p][b] = add(even_1, even_2);
    sum[2 * p + 1][b] = add(odd_1, times<4>(twice));
  }
  add_factors<0, 5, fours, blocks>(c, rows, t.first, four_bytes, t.filter + 2 * phase, sum);
  UNROLL for (int p = 0; p < fours; ++p) UNROLL for (int b = 0; b < blocks; ++b) {
    finish(4 * p, b, sum[2 * p][b]);
    finish(4 * p + 3, b, sum[2 * p + 1][b]);
  }
  if constexpr (quick == Quick::none) return true;
  return store_codes_of<quick, 4 * fours, blocks>(
      c, t, [&](int pixel, int b) ALWAYS_INLINE_LAMBDA { return load(place(pixel, b)); });
}

void winograd_row(const ConvRow& c, const std::uint8_t* const* rows, const std::int8_t* next,
                  std::int32_t* sums, std::int8_t* output) {
  const std::int64_t four_bytes = 4 * c.pixel_bytes;
  const std::int64_t weights =
      c.kernel_y * kWinogradFactors * c.groups * 4 * kLanes;  // of one block
  for_each_tile<4 * kFours1, 4 * kFours2>(
      c, c.pixel_bytes, weights, next, sums, output,
      [&](const ConvTile& t, auto blocks, Quick quick) ALWAYS_INLINE_LAMBDA {
        constexpr int kBlocks = decltype(blocks)::value;
        // A single block at the end of several is as narrow as they.
        if (kBlocks == 1 && c.blocks > 1)
          return winograd_tile<kFours2, kBlocks, Quick::none>(c, rows, t, four_bytes);
        return with_quick(quick, [&](auto constant) ALWAYS_INLINE_LAMBDA {
          constexpr int kFours = kBlocks == 1 ? kFours1 : kFours2;
          return winograd_tile<kFours, kBlocks, decltype(constant)::value>(c, rows, t, four_bytes);
        });
      });
}
