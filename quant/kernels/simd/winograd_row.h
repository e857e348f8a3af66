// 3x3 convolutions, four outputs of a row and two rows at a time from 24 products instead of 72:
// Winograd's F(4, 3) along x, evaluated at 0, infinity, 1, -1, 2 and -2, and F(2, 3) along y
// (tensor/kernels/winograd.h has the formulas). At these points the factors are integers: of codes
// within 255 of the zero point at most 5100, and those of taps, when they are 48 times as large, at
// most 9216. Products then add up to 48 times the sums, modulo 2^32, and nothing is lost where
// those are representable: the bytes are those of conv_row. Lanes are output channels; groups hold
// two channels' factors.
//
// A prepared row holds its factors along x, [fours][16 channels at a time][6][16 channels]; those
// along y are sums and differences of such rows.
constexpr std::int64_t kFactorBytes = kWinogradLanes * 2, kBlockGroups = kWinogradLanes / 2;
static_assert(kWords == kWinogradLanes && kGroup == 2);

// The factors of some fours of 16 channels. `left` of them belong to the row.
template <bool whole, bool inside>
void prepare_fours(const RowLayout& r, const std::int8_t* row, std::int64_t left,
                   std::int64_t begin, std::int64_t end, std::uint8_t* into) {
  const Words zero_point = splat_words(r.zero_point);
  const auto pixel = [&](std::int64_t x) ALWAYS_INLINE_LAMBDA {
    if (!inside && (x < 0 || x >= r.width)) return splat_words(0);
    const std::int8_t* const codes = row + x * r.channels;
    if constexpr (whole) return words_of(codes, zero_point);
    std::int8_t some[kWords] = {};
    std::memcpy(some, codes, static_cast<std::size_t>(left));
    return words_of(some, zero_point);
  };
  std::int64_t x = 4 * begin - r.pad;
  into += begin * r.pixel_bytes;
  Words d0 = pixel(x), d1 = pixel(x + 1);
  for (std::int64_t p = begin; p < end; ++p, x += 4, into += r.pixel_bytes) {
    const Words d2 = pixel(x + 2), d3 = pixel(x + 3), d4 = pixel(x + 4), d5 = pixel(x + 5);
    // Those of 1 and -1 are even_1 + odd_1 and even_1 - odd_1; of 2 and -2 the same.
    const Words even_2 = subtract_words(d4, d2), odd_2 = subtract_words(d3, d1);
    const Words even_1 = subtract_words(d4, times_words<4>(d2));
    const Words odd_1 = subtract_words(d3, times_words<4>(d1)), twice = times_words<2>(odd_2);
    const Words factors[kWinogradFactors] = {
        add_words(times_words<4>(subtract_words(d0, d2)), even_2),
        subtract_words(subtract_words(d5, d3), times_words<2>(twice)),
        add_words(even_1, odd_1),
        subtract_words(even_1, odd_1),
        add_words(even_2, twice),
        subtract_words(even_2, twice)};
    UNROLL for (int i = 0; i < kWinogradFactors; ++i)
        store_words(into + i * kFactorBytes, factors[i]);
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
  for (std::int64_t first = 0; first < r.channels; first += kWords) {
    const std::int64_t left = r.channels - first;
    const bool whole = left >= kWords;
    const auto edge = whole ? prepare_fours<true, false> : prepare_fours<false, false>;
    const auto middle = whole ? prepare_fours<true, true> : prepare_fours<false, true>;
    edge(r, row + first, left, 0, begin, into);
    if (begin < end) middle(r, row + first, left, begin, end, into);
    edge(r, row + first, left, end, r.pixels, into);
    into += kWinogradFactors * kFactorBytes;
  }
}

// Factor k along y of some fours.
void winograd_factors(const ConvRow& c, const std::uint8_t* const* rows, int k, std::int64_t first,
                      std::int64_t bytes, std::uint8_t* into) {
  const winograd::RowFactor& f = winograd::row_factors[k];
  const std::int64_t top = c.row.lower ? 1 : 0;
  const std::uint8_t *const of = rows[f.of - top] + first, *const with = rows[f.with - top] + first;
  const auto each = [&](auto combine) ALWAYS_INLINE_LAMBDA {
    for (std::int64_t i = 0; i < bytes; i += kFactorBytes)
      store_words(into + i, combine(load_words(of + i), load_words(with + i)));
  };
  if (f.sign > 0)
    each([](Words a, Words b) ALWAYS_INLINE_LAMBDA { return add_words(a, b); });
  else
    each([](Words a, Words b) ALWAYS_INLINE_LAMBDA { return subtract_words(a, b); });
}

// The sums of the products of two factors along x and one along y: [2 fours][blocks][kLanes], those
// of four p at 2 p and 2 p + 1. (Alone in a function that only stores them: gcc 12 would spill
// sums that something else is done with.)
template <int fours, int blocks>
NEVER_INLINE void winograd_products(std::int64_t all_groups, const std::uint8_t* factors,
                                    std::int64_t four_bytes, const std::int8_t* w,
                                    std::int32_t* into) {
  Vector sum[2 * fours][blocks];
  UNROLL for (int i = 0; i < 2 * fours; ++i) UNROLL for (int b = 0; b < blocks; ++b) sum[i][b] =
      splat(0);
  PixelPointers<std::uint8_t, fours> x(factors, four_bytes);
  for (std::int64_t left = all_groups; left > 0; left -= kBlockGroups) {
    const std::int64_t groups = left < kBlockGroups ? left : kBlockGroups;
    for (std::int64_t g = 0; g < groups; ++g) {
      UNROLL for (int k = 0; k < 2; ++k) {
        Vector weight[blocks];
        UNROLL for (int b = 0; b < blocks; ++b) weight[b] = load(w + (k * blocks + b) * kLanes * 4);
        UNROLL for (int p = 0; p < fours; ++p) {
          const Vector factor = broadcast_group(x.at(p) + k * kFactorBytes);
          UNROLL for (int b = 0; b < blocks; ++b)
              add_products(sum[2 * p + k][b], factor, weight[b]);
        }
      }
      w += 2 * blocks * kLanes * 4;
      x.advance(4);
    }
    x.advance(kWinogradFactors * kFactorBytes - 4 * groups);
  }
  UNROLL for (int i = 0; i < 2 * fours; ++i) UNROLL for (int b = 0; b < blocks; ++b)
      store(into + (i * blocks + b) * kLanes, sum[i][b]);
}

// 48 times a sum, modulo 2^32, to the sum itself: a sixteenth, times the inverse of 3.
ALWAYS_INLINE Vector divided(Vector sum) {
  return multiply_low(shift_right(sum, splat(4)), splat(static_cast<std::int32_t>(0xaaaaaaabu)));
}

// What a tile works in.
struct WinogradScratch {
  std::uint8_t* factors;  // along y, up to three: [3][fours][four_bytes]
  std::int64_t four_bytes;
  std::int32_t* sums;  // of products, for each of these: [3][3][2 fours][blocks][kLanes]
  std::int32_t* held;  // [3][2 fours][blocks][kLanes]: what the lower row has from the upper one
};

// The sums of a tile's products: of the factors 1, 2 and 0 along y, of 1, 2 and 3, or of 3 alone.
template <int fours, int blocks>
ALWAYS_INLINE void winograd_tile(const ConvRow& c, const std::int8_t* filter,
                                 const WinogradScratch& s) {
  constexpr std::int64_t kSums = 2 * fours * blocks * kLanes;
  const std::int64_t taps = c.groups * 2 * blocks * kLanes * 4;  // of one factor along y
  const std::uint8_t* factors = s.factors;
  std::int32_t* sums = s.sums;
  const auto products = [&](int k) ALWAYS_INLINE_LAMBDA {
    for (int pair = 0; pair < 3; ++pair, sums += kSums)
      winograd_products<fours, blocks>(c.groups, factors + 2 * pair * kFactorBytes, s.four_bytes,
                                       filter + (4 * pair + k) * taps, sums);
    factors += fours * s.four_bytes;
  };
  for (int k = c.row.held ? 3 : 1; k < 3; ++k) products(k);
  products(c.row.lower ? 3 : 0);
}

// The sums of a tile's pixels. all(at): what the products at that place come to along y.
template <int blocks, class All>
ALWAYS_INLINE void winograd_pixels(const ConvTile& t, std::int64_t fours, All all) {
  for (int b = 0; b < blocks; ++b) {
    const Vector bias = load(t.bias + b * kLanes);
    std::int32_t* to = t.sums + b * kLanes;
    for (std::int64_t p = 0; p < fours; ++p) {
      const auto sum = [&](int pair, int second) ALWAYS_INLINE_LAMBDA {
        return all(((2 * fours * pair + 2 * p + second) * blocks + b) * kLanes);
      };
      const Vector zero = sum(0, 0), infinity = sum(0, 1);
      const Vector one = sum(1, 0), minus_one = sum(1, 1), two = sum(2, 0), minus_two = sum(2, 1);
      const Vector even_1 = add(one, minus_one), odd_1 = subtract(one, minus_one);
      const Vector even_2 = add(two, minus_two), twice = times<2>(subtract(two, minus_two));
      const Vector y[4] = {add(zero, add(even_1, even_2)), add(odd_1, twice),
                           add(even_1, times<4>(even_2)),
                           add(infinity, add(odd_1, times<4>(twice)))};
      UNROLL for (int i = 0; i < 4; ++i, to += t.sums_step) store(to, add(divided(y[i]), bias));
    }
  }
}

template <int blocks>
NEVER_INLINE void winograd_sums(const PairRow& row, const ConvTile& t, const WinogradScratch& s,
                                std::int64_t fours) {
  const std::int64_t size = 6 * fours * blocks * kLanes;
  const std::int32_t *const first = s.sums, *const second = first + size, *last = second + size;
  std::int32_t* const held = s.held;
  if (!row.lower)
    winograd_pixels<blocks>(t, fours, [=](std::int64_t at) ALWAYS_INLINE_LAMBDA {
      const Vector a = load(first + at), b = load(second + at);
      store(held + at, subtract(a, b));
      return add(add(a, b), load(last + at));
    });
  else if (row.held)
    winograd_pixels<blocks>(t, fours, [=](std::int64_t at) ALWAYS_INLINE_LAMBDA {
      return add(load(held + at), load(first + at));
    });
  else
    winograd_pixels<blocks>(t, fours, [=](std::int64_t at) ALWAYS_INLINE_LAMBDA {
      return add(subtract(load(first + at), load(second + at)), load(last + at));
    });
}

template <int pixels, int blocks, Quick quick>
NEVER_INLINE bool winograd_codes(const ConvRow& c, const ConvTile& t) {
  return store_codes_of<quick, pixels, blocks>(c, t, [&](int pixel, int b) ALWAYS_INLINE_LAMBDA {
    return load(t.sums + pixel * t.sums_step + b * kLanes);
  });
}

void winograd_row(const ConvRow& c, const std::uint8_t* const* rows, const std::int8_t* next,
                  std::int32_t* sums, std::int8_t* output) {
  const std::int64_t weights = 4 * kWinogradFactors * c.groups * 4 * kLanes;  // of one block
  const std::int64_t fours = c.blocks == 1 ? kFours1 : kFours2;
  WinogradScratch s;
  s.four_bytes = 4 * c.pixel_bytes;
  s.sums = sums + 4 * fours * c.blocks * kLanes;
  s.held = s.sums + 36 * fours * kLanes;
  s.factors = reinterpret_cast<std::uint8_t*>(s.held + (c.out_width + 4 * fours - 1) / (4 * fours) *
                                                           6 * fours * c.blocks * kLanes);
  for_each_tile<4 * kFours1, 4 * kFours2>(
      c, c.pixel_bytes, weights, next, sums, output,
      [&](const ConvTile& t, auto blocks, Quick quick) ALWAYS_INLINE_LAMBDA {
        constexpr int kBlocks = decltype(blocks)::value;
        const std::int64_t bytes = fours * s.four_bytes;
        if (t.filter == c.filter) {  // a tile's first blocks
          std::uint8_t* into = s.factors;
          for (int k = c.row.held ? 3 : 1; k < 3; ++k, into += bytes)
            winograd_factors(c, rows, k, t.first, bytes, into);
          winograd_factors(c, rows, c.row.lower ? 3 : 0, t.first, bytes, into);
        }
        const WinogradScratch own = s;
        s.held += 6 * fours * kBlocks * kLanes;
        // A single block at the end of several is as narrow as they.
        constexpr int kFours = kBlocks == 1 ? kFours1 : kFours2;
        if (kBlocks == 1 && c.blocks > 1)
          winograd_tile<kFours2, kBlocks>(c, t.filter, own);
        else
          winograd_tile<kFours, kBlocks>(c, t.filter, own);
        winograd_sums<kBlocks>(c.row, t, own, fours);
        if (kBlocks == 1 && c.blocks > 1) return true;
        return with_quick(quick, [&](auto constant) ALWAYS_INLINE_LAMBDA {
          constexpr Quick kQuick = decltype(constant)::value;
          if constexpr (kQuick == Quick::none)
            return true;
          else
            return winograd_codes<4 * kFours, kBlocks, kQuick>(c, t);
        });
      });
}
