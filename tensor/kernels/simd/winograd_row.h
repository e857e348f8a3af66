// Four outputs of a row at a time from six products of three taps (winograd.h). Lanes are output
// channels; two of the six sums of each four stay in registers while their products are added:
// those of the points a and -a, of b and -b, and of 0 and infinity, each of which one output has
// for itself.

// A constant in all lanes.
ALWAYS_INLINE Vector all(const float& value) {
  return broadcast(&value);
}
// Factors of points go to: factor i of four p and channel c to
// p * four + i * factor + c / kWinogradLanes * group + c % kWinogradLanes.
struct WinogradSteps {
  std::int64_t four, factor, group;
};

// The factors of some channels of a row, the first points beginning at pixel `start`; what lies
// beyond the row is zero.
template <bool whole, bool inside>
NEVER_INLINE void winograd_block(const float* row, std::int64_t width, std::int64_t channels,
                                 std::int64_t start, std::int64_t fours, std::int64_t left,
                                 const WinogradSteps& steps, float* into) {
  namespace w = winograd;
  constexpr float kMinusA2 = -w::a2, kMinusB2 = -w::b2, kMinusA = -w::a, kMinusB = -w::b;
  const Vector a = all(w::a), b = all(w::b), minus_a = all(kMinusA), minus_b = all(kMinusB);
  const Vector minus_a2 = all(kMinusA2), minus_b2 = all(kMinusB2);
  const Vector minus_sum = all(w::minus_sum), ab2 = all(w::ab2);
  const auto pixel = [&](std::int64_t x) ALWAYS_INLINE_LAMBDA {
    if (!inside && (x < 0 || x >= width)) return zero();
    return load_channels<whole>(row + x * channels, left);
  };
  const std::int64_t four = steps.four, factor = steps.factor;
  Vector d0 = pixel(start), d1 = pixel(start + 1);
  for (std::int64_t p = 0; p < fours; ++p, start += 4, into += four) {
    const Vector d2 = pixel(start + 2), d3 = pixel(start + 3);
    const Vector d4 = pixel(start + 4), d5 = pixel(start + 5);
    const Vector even_a = fma(minus_b2, d2, d4), odd_a = fma(minus_b2, d1, d3);
    const Vector even_b = fma(minus_a2, d2, d4), odd_b = fma(minus_a2, d1, d3);
    const Vector factors[6] = {
        fma(ab2, d0, fma(minus_sum, d2, d4)), fma(a, odd_a, even_a),
        fma(minus_a, odd_a, even_a),          fma(b, odd_b, even_b),
        fma(minus_b, odd_b, even_b),          fma(ab2, d1, fma(minus_sum, d3, d5))};
    UNROLL for (int i = 0; i < 6; ++i) store_channels<whole>(into + i * factor, factors[i], left);
    d0 = d4;
    d1 = d5;
  }
}

void winograd_factors(const float* row, std::int64_t width, std::int64_t channels,
                      std::int64_t start, std::int64_t fours, const WinogradSteps& steps,
                      float* into) {
  const bool inside = start >= 0 && start + 4 * fours + 2 <= width;
  for_each_block<1>(channels, [&](std::int64_t first, auto blocks) ALWAYS_INLINE_LAMBDA {
    constexpr bool whole = decltype(blocks)::whole;
    float* const to = into + first / kWinogradLanes * steps.group + first % kWinogradLanes;
    const auto run = inside ? winograd_block<whole, true> : winograd_block<whole, false>;
    run(row + first, width, channels, start, fours, channels - first, steps, to);
  });
}

// Adds the products of the factors i and j. sum[2 p] and sum[2 p + 1] are those of four p.
// `factors`: [rows][groups of channels][fours][6][kWinogradLanes].
template <int i, int j, int fours, int blocks>
ALWAYS_INLINE void add_products(std::int64_t channels, std::int64_t rows, const float* factors,
                                const float* w, Vector (&sum)[2 * fours][blocks], Fetch& fetch) {
  constexpr std::int64_t kFour = 6 * kWinogradLanes;
  constexpr std::int64_t kOffset[2] = {i * kWinogradLanes, j * kWinogradLanes};
  for (std::int64_t row = 0; row < rows; ++row)
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
            const Vector factor = broadcast(value + p * kFour + kOffset[k]);
            UNROLL for (int b = 0; b < blocks; ++b) sum[2 * p + k][b] =
                fma(factor, weight[b], sum[2 * p + k][b]);
          }
        }
        w += 2 * blocks * kLanes;
      }
      factors += fours * kFour;
    }
}

// The sum and the difference of each two sums.
template <int fours, int blocks>
ALWAYS_INLINE void fold(Vector (&sum)[2 * fours][blocks]) {
  UNROLL for (int p = 0; p < fours; ++p) UNROLL for (int b = 0; b < blocks; ++b) {
    const Vector plus = sum[2 * p][b], minus = sum[2 * p + 1][b];
    sum[2 * p][b] = plus + minus;
    sum[2 * p + 1][b] = plus - minus;
  }
}

static_assert(kFours1 <= kMaxFours && 2 * kFours2 <= kMaxFours && kWinogradLanes % kLanes == 0);

// Stores the sums of a tile's pixel, unless it is not `there`.
template <int blocks>
ALWAYS_INLINE void finish_pixel(const RowConvolution& c, const Tile& t, int pixel, bool there,
                                const Vector (&sum)[blocks]) {
  if (!there) return;
  const std::int64_t at = pixel * c.out_pixel_step;
  UNROLL for (int b = 0; b < blocks; ++b) {
    // Adding +0 turns -0 into +0, whatever border taps contributed.
    Vector v = add(sum[b], zero());
    if (c.relu) v = positive(v);
    if (t.streamed != nullptr) stream(t.streamed + at + b * kLanes, v);
    if (t.y == nullptr) continue;
    if (b + 1 < blocks || t.last == kLanes)
      store(t.y + at + b * kLanes, v);
    else
      store_first(t.y + at + b * kLanes, v, t.last);
  }
}

// `held` has room for the sums of a tile.
template <int fours, int blocks>
NEVER_INLINE void winograd_tile(const RowConvolution& c, const Tile& t, const float* factors,
                                std::int64_t outputs, float* held, Fetch& fetches) {
  namespace w = winograd;
  Fetch fetch = fetches;  // in registers
  const std::int64_t phase = c.kernel_y * c.in_channels * 2 * blocks * kLanes;
  Vector sum[2 * fours][blocks];
  UNROLL for (int p = 0; p < 2 * fours; ++p) UNROLL for (int b = 0; b < blocks; ++b) sum[p][b] =
      zero();
  add_products<1, 2, fours, blocks>(c.in_channels, t.rows, factors, t.filter, sum, fetch);
  fold<fours, blocks>(sum);
  UNROLL for (int p = 0; p < 2 * fours; ++p) UNROLL for (int b = 0; b < blocks; ++b) {
    store(held + (p * blocks + b) * kLanes, sum[p][b]);
    sum[p][b] = zero();
  }
  add_products<3, 4, fours, blocks>(c.in_channels, t.rows, factors, t.filter + phase, sum, fetch);
  fold<fours, blocks>(sum);
  Vector bias[blocks];
  UNROLL for (int b = 0; b < blocks; ++b) bias[b] = load(t.bias + b * kLanes);
  const auto held_sum = [&](int p, int b)
                            ALWAYS_INLINE_LAMBDA { return load(held + (p * blocks + b) * kLanes); };
  const auto combine = [&](const float& of_a, const float& of_b, int p, int b)
                           ALWAYS_INLINE_LAMBDA {
                             return fma(all(of_b), sum[p][b], all(of_a) * held_sum(p, b)) + bias[b];
                           };
  // The two in the middle are complete.
  UNROLL for (int p = 0; p < fours; ++p) {
    Vector middle[2][blocks];
    UNROLL for (int b = 0; b < blocks; ++b) {
      middle[0][b] = combine(w::a, w::b, 2 * p + 1, b);
      middle[1][b] = combine(w::a2, w::b2, 2 * p, b);
    }
    finish_pixel(c, t, 4 * p + 1, p + 1 < fours || outputs > 4 * p + 1, middle[0]);
    finish_pixel(c, t, 4 * p + 2, p + 1 < fours || outputs > 4 * p + 2, middle[1]);
    UNROLL for (int b = 0; b < blocks; ++b) {
      sum[2 * p][b] = (held_sum(2 * p, b) + sum[2 * p][b]) + bias[b];
      sum[2 * p + 1][b] = combine(w::a3, w::b3, 2 * p + 1, b);
    }
  }
  add_products<0, 5, fours, blocks>(c.in_channels, t.rows, factors, t.filter + 2 * phase, sum,
                                    fetch);
  fetches = fetch;
  UNROLL for (int p = 0; p < fours; ++p) {
    finish_pixel(c, t, 4 * p, true, sum[2 * p]);
    finish_pixel(c, t, 4 * p + 3, p + 1 < fours || outputs > 4 * p + 3, sum[2 * p + 1]);
  }
}

template <int blocks, int fours>
void winograd_tile_of(std::int64_t outputs, const RowConvolution& c, const Tile& t,
                      const float* factors, float* held, Fetch& fetch) {
  if constexpr (fours > 1) {
    if (outputs <= 4 * (fours - 1))
      return winograd_tile_of<blocks, fours - 1>(outputs, c, t, factors, held, fetch);
  }
  winograd_tile<fours, blocks>(c, t, factors, outputs, held, fetch);
}

void winograd_row(const RowConvolution& c, const RingRows<float>& x, std::int64_t ky_begin,
                  std::int64_t ky_end, float* scratch, Upcoming& next, const RowDestination& y) {
  const std::int64_t rows = ky_end - ky_begin;
  const std::int64_t run = 2 * c.in_channels * kLanes;  // two factors of one ky and block
  const std::int64_t limit = c.blocks == 1 ? kFours1 : kFours2;
  const std::int64_t groups = (c.in_channels + kWinogradLanes - 1) / kWinogradLanes;
  const std::int64_t all_fours = (c.out_width + 3) / 4;
  std::int64_t tiles = (all_fours + limit - 1) / limit;
  Fetch fetch(next);
  float* const held = scratch + c.kernel_y * groups * limit * 6 * kWinogradLanes;
  Tile t;
  t.rows = rows;
  for (std::int64_t first_four = 0, fours = 0; first_four < all_fours;
       first_four += fours, --tiles) {
    fours = (all_fours - first_four + tiles - 1) / tiles;  // tiles of nearly equal width
    const std::int64_t ox = 4 * first_four, left = c.out_width - ox;
    const std::int64_t outputs = left < 4 * fours ? left : 4 * fours;
    const std::int64_t group = fours * 6 * kWinogradLanes;
    for (std::int64_t row = 0; row < rows; ++row)
      winograd_factors(x.row(row), c.in_width, c.in_channels, ox - c.pad, fours,
                       {6 * kWinogradLanes, kWinogradLanes, group}, scratch + row * groups * group);
    for (std::int64_t block = 0; block < c.blocks; block += 2) {
      const std::int64_t first = block * kLanes, channels = c.out_channels - first;
      t.bias = c.bias + first;
      t.y = from(y.cached, ox * c.out_pixel_step + first);
      t.streamed = from(y.streamed, ox * c.out_pixel_step + first);
      t.filter = c.filter + 3 * block * c.kernel_y * run;
      if (channels > kLanes) {
        t.filter += 2 * ky_begin * run;
        t.last = channels >= 2 * kLanes ? kLanes : channels - kLanes;
        winograd_tile_of<2, kFours2>(outputs, c, t, scratch, held, fetch);
      } else {
        t.filter += ky_begin * run;
        t.last = channels;
        winograd_tile_of<1, kFours1>(outputs, c, t, scratch, held, fetch);
      }
    }
  }
  fetch.close();
  if (y.streamed != nullptr) finish_streaming();
}
