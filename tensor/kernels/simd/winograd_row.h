// Two outputs of a row at a time from four products of three taps (winograd.h). Lanes are output
// channels; two of a pair's four sums stay in registers while their products are added: first those
// whose sum and difference both outputs begin with, then the one that each output has for itself.

// Where the four factors of points go: factor i of pair p and channel c lies at
// p * pair + i * factor + c / kWinogradGroup * group + c % kWinogradGroup.
struct WinogradSteps {
  std::int64_t pair, factor, group;
};

// The factors of some channels of a row, the first pair's points beginning at pixel `start`; what
// lies beyond the row is zero.
template <int vectors, bool whole, bool inside>
ALWAYS_INLINE void winograd_block(const float* row, std::int64_t width, std::int64_t channels,
                                  std::int64_t start, std::int64_t pairs, std::int64_t left,
                                  const WinogradSteps& steps, float* into) {
  const auto pixel = [&](std::int64_t x, int v) ALWAYS_INLINE_LAMBDA {
    if (!inside && (x < 0 || x >= width)) return zero();
    return load_channels<whole>(row + x * channels + v * kLanes, left);
  };
  Vector first[vectors], second[vectors];
  UNROLL for (int v = 0; v < vectors; ++v) {
    first[v] = pixel(start, v);
    second[v] = pixel(start + 1, v);
  }
  for (std::int64_t p = 0; p < pairs; ++p, into += steps.pair) {
    UNROLL for (int v = 0; v < vectors; ++v) {
      const Vector third = pixel(start + 2 * p + 2, v), fourth = pixel(start + 2 * p + 3, v);
      float* const at = into + v * kLanes;
      store_channels<whole>(at, first[v] - third, left);
      store_channels<whole>(at + steps.factor, second[v] + third, left);
      store_channels<whole>(at + 2 * steps.factor, third - second[v], left);
      store_channels<whole>(at + 3 * steps.factor, fourth - second[v], left);
      first[v] = third;
      second[v] = fourth;
    }
  }
}

void winograd_factors(const float* row, std::int64_t width, std::int64_t channels,
                      std::int64_t start, std::int64_t pairs, const WinogradSteps& steps,
                      float* into) {
  const bool inside = start >= 0 && start + 2 * pairs + 2 <= width;
  for_each_block<1>(channels, [&](std::int64_t first, auto blocks) ALWAYS_INLINE_LAMBDA {
    using B = decltype(blocks);
    float* const to = into + first / kWinogradGroup * steps.group + first % kWinogradGroup;
    const auto run =
        inside ? winograd_block<1, B::whole, true> : winograd_block<1, B::whole, false>;
    run(row + first, width, channels, start, pairs, channels - first, steps, to);
  });
}

// Adds the products of the factors a and b. sum[2 p] and sum[2 p + 1] are those of pair p.
// `factors`: [rows][groups of channels][pairs][4][kWinogradGroup].
template <int a, int b, int pairs, int blocks>
ALWAYS_INLINE void add_products(std::int64_t channels, std::int64_t rows, const float* factors,
                                const float*& w, Vector (&sum)[2 * pairs][blocks], Fetch& fetch) {
  constexpr std::int64_t kPair = 4 * kWinogradGroup;
  constexpr std::int64_t kOffset[2] = {a * kWinogradGroup, b * kWinogradGroup};
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t first = 0; first < channels; first += kWinogradGroup) {
      const std::int64_t left = channels - first;
      const float* value = factors;
      const float* const end = value + (left < kWinogradGroup ? left : kWinogradGroup);
      for (; value < end; ++value) {
        fetch.step();
        UNROLL for (int i = 0; i < 2; ++i) {
          Vector weight[blocks];
          UNROLL for (int v = 0; v < blocks; ++v) weight[v] = load(w + (i * blocks + v) * kLanes);
          UNROLL for (int p = 0; p < pairs; ++p) {
            const Vector factor = broadcast(value + p * kPair + kOffset[i]);
            UNROLL for (int v = 0; v < blocks; ++v) sum[2 * p + i][v] =
                fma(factor, weight[v], sum[2 * p + i][v]);
          }
        }
        w += 2 * blocks * kLanes;
      }
      factors += pairs * kPair;
    }
}

template <int pairs, int blocks>
NEVER_INLINE void winograd_tile(const RowConvolution& c, const Tile& t, const float* factors,
                                std::int64_t outputs, Fetch& fetches) {
  Fetch fetch = fetches;  // in registers
  Vector sum[2 * pairs][blocks];
  UNROLL for (int b = 0; b < blocks; ++b) {
    const Vector bias = load(t.bias + b * kLanes);
    UNROLL for (int p = 0; p < pairs; ++p) {
      sum[2 * p][b] = bias;
      sum[2 * p + 1][b] = zero();
    }
  }
  const std::int64_t skipped = (c.kernel_y - t.rows) * c.in_channels * 2 * blocks * kLanes;
  const float* w = t.filter;
  add_products<1, 2, pairs, blocks>(c.in_channels, t.rows, factors, w, sum, fetch);
  UNROLL for (int p = 0; p < pairs; ++p) UNROLL for (int b = 0; b < blocks; ++b) {
    const Vector second = sum[2 * p][b], third = sum[2 * p + 1][b];
    sum[2 * p][b] = second + third;
    sum[2 * p + 1][b] = second - third;
  }
  w += skipped;
  add_products<0, 3, pairs, blocks>(c.in_channels, t.rows, factors, w, sum, fetch);
  fetches = fetch;
  finish_tile(c, t, outputs, sum);
}

template <int blocks, int pairs>
void winograd_tile_of(std::int64_t outputs, const RowConvolution& c, const Tile& t,
                      const float* factors, Fetch& fetch) {
  if constexpr (pairs > 1) {
    if (outputs <= 2 * (pairs - 1))
      return winograd_tile_of<blocks, pairs - 1>(outputs, c, t, factors, fetch);
  }
  winograd_tile<pairs, blocks>(c, t, factors, outputs, fetch);
}

void winograd_row(const RowConvolution& c, const RingRows<float>& x, std::int64_t ky_begin,
                  std::int64_t ky_end, float* scratch, Upcoming& next, const RowDestination& y) {
  const std::int64_t rows = ky_end - ky_begin;
  const std::int64_t run = 2 * c.in_channels * kLanes;  // weights of a phase, of one ky and block
  const std::int64_t limit = c.blocks == 1 ? kPairs1 : kPairs2;
  const std::int64_t groups = (c.in_channels + kWinogradGroup - 1) / kWinogradGroup;
  const std::int64_t all = (c.out_width + 1) / 2;
  std::int64_t tiles = (all + limit - 1) / limit;
  Fetch fetch(next);
  Tile t;
  t.rows = rows;
  for (std::int64_t pair = 0, pairs = 0; pair < all; pair += pairs, --tiles) {
    pairs = (all - pair + tiles - 1) / tiles;  // tiles of nearly equal width
    const std::int64_t ox = 2 * pair, left = c.out_width - ox;
    const std::int64_t outputs = left < 2 * pairs ? left : 2 * pairs;
    const std::int64_t group = pairs * 4 * kWinogradGroup;
    const WinogradSteps steps{4 * kWinogradGroup, kWinogradGroup, group};
    for (std::int64_t row = 0; row < rows; ++row)
      winograd_factors(x.row(row), c.in_width, c.in_channels, ox - c.pad, pairs, steps,
                       scratch + row * groups * group);
    for (std::int64_t block = 0; block < c.blocks; block += 2) {
      const std::int64_t first = block * kLanes, channels = c.out_channels - first;
      t.bias = c.bias + first;
      t.y = from(y.cached, ox * c.out_pixel_step + first);
      t.streamed = from(y.streamed, ox * c.out_pixel_step + first);
      t.filter = c.filter + 2 * block * c.kernel_y * run;
      if (channels > kLanes) {
        t.filter += 2 * ky_begin * run;
        t.last = channels >= 2 * kLanes ? kLanes : channels - kLanes;
        winograd_tile_of<2, kPairs2>(outputs, c, t, scratch, fetch);
      } else {
        t.filter += ky_begin * run;
        t.last = channels;
        winograd_tile_of<1, kPairs1>(outputs, c, t, scratch, fetch);
      }
    }
  }
  fetch.close();
  if (y.streamed != nullptr) finish_streaming();
}
