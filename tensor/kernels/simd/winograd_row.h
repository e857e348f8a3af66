// Four outputs of a row at a time, in pairs of rows (winograd.h). Lanes are output channels. Two of
// the six sums of products of each four stay in registers at a time, those of a and -a, of b and
// -b, and of 0 and infinity.

// A constant in all lanes.
ALWAYS_INLINE Vector all(const float& value) {
  return broadcast(&value);
}
// Factors of points go to: factor i of four p and channel c to
// p * four + i * factor + c / kWinogradLanes * group + c % kWinogradLanes.
struct WinogradSteps {
  std::int64_t four, factor, group;
};

// A row plus `times` another, pixel by pixel.
struct RowSum {
  const float *of, *with;
  float times;
  std::int64_t width;  // 0 where there is neither
};

// Factor `f` of the rows row(0), row(1), ..., null where there is none. Exact, whichever is
// missing.
template <class Row>
ALWAYS_INLINE RowSum row_sum_of(const winograd::RowFactor& f, std::int64_t width, Row row) {
  const float* const of = row(f.of);
  const float* const with = f.sign == 0 ? of : row(f.with);
  if (of == nullptr) return {with, with, f.sign < 0 ? -2.0f : 0.0f, with == nullptr ? 0 : width};
  return {of, with == nullptr ? of : with, with == nullptr ? 0.0f : f.sign, width};
}

// Factor k along y of the points of a pair of rows of outputs, of which this is the lower or the
// upper; `x` has those from ky_begin on.
ALWAYS_INLINE RowSum row_points(int k, bool lower, std::int64_t width, const RingRows<float>& x,
                                std::int64_t ky_begin, std::int64_t ky_end) {
  return row_sum_of(winograd::row_factors[k], width, [&](int i) ALWAYS_INLINE_LAMBDA {
    const std::int64_t ky = i - (lower ? 1 : 0);
    return ky < ky_begin || ky >= ky_end ? nullptr : x.row(ky - ky_begin);
  });
}

// The factors of some channels of a row, the first points beginning at pixel `start`; what lies
// beyond the row is zero.
template <bool whole, bool inside>
NEVER_INLINE void winograd_block(const RowSum& row, std::int64_t first, std::int64_t channels,
                                 std::int64_t start, std::int64_t fours, std::int64_t left,
                                 const WinogradSteps& steps, float* into) {
  namespace w = winograd;
  constexpr float kMinusA2 = -w::a2, kMinusB2 = -w::b2, kMinusA = -w::a, kMinusB = -w::b;
  const Vector a = all(w::a), b = all(w::b), minus_a = all(kMinusA), minus_b = all(kMinusB);
  const Vector minus_a2 = all(kMinusA2), minus_b2 = all(kMinusB2);
  const Vector minus_sum = all(w::minus_sum), ab2 = all(w::ab2);
  const float *const of = row.of, *const with = row.with;
  const std::int64_t width = row.width;
  const Vector times = all(row.times);
  const auto pixel = [&](std::int64_t x) ALWAYS_INLINE_LAMBDA {
    if (!inside && (x < 0 || x >= width)) return zero();
    return fma(times, load_channels<whole>(with + (x * channels + first), left),
               load_channels<whole>(of + (x * channels + first), left));
  };
  const std::int64_t four = steps.four, factor = steps.factor;
  Vector d0 = pixel(start), d1 = pixel(start + 1);
  for (std::int64_t p = 0; p < fours; ++p, start += 4, into += four) {
    const Vector d2 = pixel(start + 2), d3 = pixel(start + 3);
    const Vector d4 = pixel(start + 4), d5 = pixel(start + 5);
    const Vector even_a = fma(minus_b2, d2, d4), odd_a = fma(minus_b2, d1, d3);
    const Vector even_b = fma(minus_a2, d2, d4), odd_b = fma(minus_a2, d1, d3);
    const Vector factors[6] = {fma(a, odd_a, even_a),
                               fma(minus_a, odd_a, even_a),
                               fma(b, odd_b, even_b),
                               fma(minus_b, odd_b, even_b),
                               fma(ab2, d0, fma(minus_sum, d2, d4)),
                               fma(ab2, d1, fma(minus_sum, d3, d5))};
    UNROLL for (int i = 0; i < 6; ++i) store_channels<whole>(into + i * factor, factors[i], left);
    d0 = d4;
    d1 = d5;
  }
}

void winograd_factors(const RowSum& row, std::int64_t channels, std::int64_t start,
                      std::int64_t fours, const WinogradSteps& steps, float* into) {
  // Fours whose six points lie inside the row: those behind `head` and before `tail`.
  const std::int64_t before = start < 0 ? (3 - start) / 4 : 0, room = row.width - start - 6;
  const std::int64_t head = before < fours ? before : fours, whole = room < 0 ? 0 : room / 4 + 1;
  const std::int64_t tail = whole < head ? head : whole < fours ? whole : fours;
  for_each_block<1>(channels, [&](std::int64_t first, auto blocks) ALWAYS_INLINE_LAMBDA {
    constexpr bool full = decltype(blocks)::whole;
    float* const to = into + first / kWinogradLanes * steps.group + first % kWinogradLanes;
    const auto part = [&](auto run, std::int64_t begin, std::int64_t end) ALWAYS_INLINE_LAMBDA {
      if (begin < end)
        run(row, first, channels, start + 4 * begin, end - begin, channels - first, steps,
            to + begin * steps.four);
    };
    part(winograd_block<full, false>, 0, head);
    part(winograd_block<full, true>, head, tail);
    part(winograd_block<full, false>, tail, fours);
  });
}

// Adds the products of two factors along x and one along y. sum[2 p] and sum[2 p + 1] are those of
// four p. `factors`: [groups of channels][fours][6][kWinogradLanes], from the first of the two on.
template <int fours, int blocks>
ALWAYS_INLINE void add_products(std::int64_t channels, const float* factors, const float* w,
                                Vector (&sum)[2 * fours][blocks], Fetch& fetch) {
  constexpr std::int64_t kFour = 6 * kWinogradLanes;
  for (std::int64_t first = 0; first < channels; first += kWinogradLanes) {
    const std::int64_t left = channels - first;
    const float* value = factors;
    const float* const end = value + (left < kWinogradLanes ? left : kWinogradLanes);
    for (; value < end; ++value) {
      fetch.step();
      UNROLL for (int k = 0; k < 2; ++k) {
        Vector weight[blocks];
        UNROLL for (int b = 0; b < blocks; ++b) weight[b] = load(w + (k * blocks + b) * kLanes);
        UNROLL for (int p = 0; p < fours; ++p) {
          const Vector factor = broadcast(value + p * kFour + k * kWinogradLanes);
          UNROLL for (int b = 0; b < blocks; ++b) sum[2 * p + k][b] =
              fma(factor, weight[b], sum[2 * p + k][b]);
        }
      }
      w += 2 * blocks * kLanes;
    }
    factors += fours * kFour;
  }
}

static_assert(kFours1 <= kMaxFours && 2 * kFours2 <= kMaxFours && kWinogradLanes % kLanes == 0);

// What the sums of a tile are made of and kept in.
struct WinogradTile {
  const float *factors, *filter;  // of the tile, one or three along y; of the blocks
  std::int64_t row;               // floats of one factor along y
  float* sums;                    // [3][2 fours][blocks][kLanes]
  float* held;                    // the same: what the lower row has from the upper one
};

// Of an upper row, which leaves the lower one's in `held`; of a lower one that finds it there; or
// of a lower one for itself. Factors along y that are needed: 1, 2, 0; 3; 1, 2, 3.
template <int fours, int blocks>
NEVER_INLINE void winograd_tile(const RowConvolution& c, const WinogradTile& t, Fetch& fetches) {
  Fetch fetch = fetches;  // in registers
  constexpr std::int64_t kSums = 2 * fours * blocks * kLanes;
  const std::int64_t taps = c.in_channels * 2 * blocks * kLanes;  // of one factor along y
  const std::int64_t last = c.row.lower ? 3 : 0;
  for (std::int64_t pair = 0; pair < 3; ++pair) {
    const float* const filter = t.filter + 4 * pair * taps;
    const float* factors = t.factors + 2 * pair * kWinogradLanes;
    float *const sums = t.sums + pair * kSums, *const held = t.held + pair * kSums;
    Vector sum[2 * fours][blocks];
    const auto each = [&](auto visit) ALWAYS_INLINE_LAMBDA {
      UNROLL for (int i = 0; i < 2 * fours; ++i) UNROLL for (int b = 0; b < blocks; ++b)
          visit(sum[i][b], (i * blocks + b) * kLanes);
    };
    const auto clear = [](Vector& s, std::int64_t) ALWAYS_INLINE_LAMBDA { s = zero(); };
    const auto keep = [&](Vector& s, std::int64_t at) ALWAYS_INLINE_LAMBDA { store(sums + at, s); };
    if (c.row.held) {
      each([&](Vector& s, std::int64_t at) ALWAYS_INLINE_LAMBDA { s = load(held + at); });
    } else {
      each(clear);
      add_products<fours, blocks>(c.in_channels, factors, filter + taps, sum, fetch);
      each(keep);
      each(clear);
      factors += t.row;
      add_products<fours, blocks>(c.in_channels, factors, filter + 2 * taps, sum, fetch);
      factors += t.row;
      if (c.row.lower)
        each([&](Vector& s, std::int64_t at) ALWAYS_INLINE_LAMBDA { s = load(sums + at) - s; });
      else
        each([&](Vector& s, std::int64_t at) ALWAYS_INLINE_LAMBDA {
          const Vector first = load(sums + at), second = s;
          s = first + second;
          store(held + at, first - second);
        });
    }
    add_products<fours, blocks>(c.in_channels, factors, filter + last * taps, sum, fetch);
    each(keep);
  }
  fetches = fetch;
}

template <int blocks, int fours>
void winograd_tile_of(std::int64_t wanted, const RowConvolution& c, const WinogradTile& t,
                      Fetch& fetch) {
  if constexpr (fours > 1) {
    if (wanted < fours) return winograd_tile_of<blocks, fours - 1>(wanted, c, t, fetch);
  }
  winograd_tile<fours, blocks>(c, t, fetch);
}

// Where a tile's outputs go.
struct WinogradOutputs {
  const float* bias;
  float *y, *streamed;  // of RowDestination
  std::int64_t last;    // channels in the last vector
};

// Stores a pixel.
template <int blocks>
ALWAYS_INLINE void finish_pixel(const RowConvolution& c, const WinogradOutputs& t, std::int64_t at,
                                const Vector (&value)[blocks]) {
  UNROLL for (int b = 0; b < blocks; ++b) {
    // Adding +0 turns -0 into +0, whatever border taps contributed.
    Vector v = add(value[b], zero());
    if (c.relu) v = positive(v);
    if (t.streamed != nullptr) stream(t.streamed + at + b * kLanes, v);
    if (t.y == nullptr) continue;
    if (b + 1 < blocks || t.last == kLanes)
      store(t.y + at + b * kLanes, v);
    else
      store_first(t.y + at + b * kLanes, v, t.last);
  }
}

// The outputs that a tile's sums come to.
template <int blocks>
NEVER_INLINE void winograd_outputs(const RowConvolution& c, const WinogradOutputs& t,
                                   const float* sums, std::int64_t fours, std::int64_t outputs) {
  namespace w = winograd;
  const Vector a = all(w::a), a2 = all(w::a2), a3 = all(w::a3);
  const Vector b = all(w::b), b2 = all(w::b2), b3 = all(w::b3);
  constexpr std::int64_t kPair = blocks * kLanes;
  const std::int64_t pairs = 2 * fours * kPair;
  const std::int64_t step = c.out_pixel_step;
  for (std::int64_t p = 0, at = 0; p < fours; ++p, sums += 2 * kPair, outputs -= 4) {
    Vector y[4][blocks];
    UNROLL for (int i = 0; i < blocks; ++i) {
      const auto sum = [&](int pair, int second) ALWAYS_INLINE_LAMBDA {
        return load(sums + pair * pairs + second * kPair + i * kLanes);
      };
      const Vector even_a = sum(0, 0) + sum(0, 1), odd_a = sum(0, 0) - sum(0, 1);
      const Vector even_b = sum(1, 0) + sum(1, 1), odd_b = sum(1, 0) - sum(1, 1);
      const Vector bias = load(t.bias + i * kLanes);
      y[0][i] = ((even_a + even_b) + sum(2, 0)) + bias;
      y[1][i] = fma(b, odd_b, a * odd_a) + bias;
      y[2][i] = fma(b2, even_b, a2 * even_a) + bias;
      y[3][i] = (fma(b3, odd_b, a3 * odd_a) + sum(2, 1)) + bias;
    }
    UNROLL for (int i = 0; i < 4; ++i, at += step) if (i < outputs) finish_pixel(c, t, at, y[i]);
  }
}

void winograd_row(const RowConvolution& c, const RingRows<float>& x, std::int64_t ky_begin,
                  std::int64_t ky_end, float* scratch, Upcoming& next, const RowDestination& y) {
  const std::int64_t taps = 2 * c.in_channels * kLanes;  // of two factors along x, one along y
  const std::int64_t limit = c.blocks == 1 ? kFours1 : kFours2;
  const std::int64_t groups = (c.in_channels + kWinogradLanes - 1) / kWinogradLanes;
  const std::int64_t all_fours = (c.out_width + 3) / 4;
  std::int64_t tiles = (all_fours + limit - 1) / limit;
  RowSum rows[3];
  int count = 0;
  if (!c.row.held)
    for (int k = 1; k < 3; ++k)
      rows[count++] = row_points(k, c.row.lower, c.in_width, x, ky_begin, ky_end);
  rows[count++] = row_points(c.row.lower ? 3 : 0, c.row.lower, c.in_width, x, ky_begin, ky_end);
  Fetch fetch(next);
  WinogradTile t;
  float* const factors = scratch + 6 * kMaxFours * kWinogradLanes;
  float* held = factors + 3 * groups * limit * 6 * kWinogradLanes;
  t.sums = scratch;
  t.factors = factors;
  for (std::int64_t first_four = 0, fours = 0; first_four < all_fours;
       first_four += fours, --tiles) {
    fours = (all_fours - first_four + tiles - 1) / tiles;  // tiles of nearly equal width
    const std::int64_t ox = 4 * first_four, outputs = c.out_width - ox;
    const std::int64_t group = fours * 6 * kWinogradLanes;
    t.row = groups * group;
    for (int i = 0; i < count; ++i)
      winograd_factors(rows[i], c.in_channels, ox - c.pad, fours,
                       {6 * kWinogradLanes, kWinogradLanes, group}, factors + i * t.row);
    for (std::int64_t block = 0; block < c.blocks; block += 2) {
      const std::int64_t first = block * kLanes, channels = c.out_channels - first;
      const bool two = channels > kLanes;
      WinogradOutputs to = {c.bias + first, from(y.cached, ox * c.out_pixel_step + first),
                            from(y.streamed, ox * c.out_pixel_step + first), channels};
      t.filter = c.filter + 12 * block * taps;
      t.held = held;
      held += 6 * fours * (two ? 2 : 1) * kLanes;
      if (two) {
        to.last = channels >= 2 * kLanes ? kLanes : channels - kLanes;
        winograd_tile_of<2, kFours2>(fours, c, t, fetch);
        winograd_outputs<2>(c, to, t.sums, fours, outputs);
      } else {
        winograd_tile_of<1, kFours1>(fours, c, t, fetch);
        winograd_outputs<1>(c, to, t.sums, fours, outputs);
      }
    }
  }
  fetch.close();
  if (y.streamed != nullptr) finish_streaming();
}
