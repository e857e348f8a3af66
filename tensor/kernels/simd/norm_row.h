// A row of [pixels, channels] through a ChannelMap, and the sums that batch normalisation takes of
// it. Lanes are channels. Sums are in double: the even pixels of a row and the odd ones apart, so
// that two additions are under way at once; then (even + odd) is added to `sums` [2][channels].

// The same of bfloat16.
template <bool whole>
ALWAYS_INLINE Vector load_channels(const std::uint16_t* p, std::int64_t channels) {
  if (whole) return load(p);
  std::uint16_t some[kLanes] = {};
  for (std::int64_t i = 0; i < channels; ++i) some[i] = p[i];
  return load(some);
}

// A vector of channels in double.
struct WideVector {
  Doubles lower, upper;
};
ALWAYS_INLINE WideVector load_wide(const float* p) {
  return {load_doubles(p), load_doubles(p + kLanes / 2)};
}
template <bool whole, class X>
ALWAYS_INLINE WideVector wide_channels(const X* p, std::int64_t channels) {
  if constexpr (whole && sizeof(X) == sizeof(float)) return load_wide(p);
  float values[kLanes];
  store(values, load_channels<whole>(p, channels));
  return load_wide(values);
}
// Where `line` is positive, else 0.
template <bool whole>
ALWAYS_INLINE WideVector wide_channels_where_positive(Vector line, const float* p,
                                                      std::int64_t channels) {
  float values[kLanes];
  if (!whole) store(values, load_channels<whole>(p, channels));
  WideVector kept;
  load_where_positive(line, whole ? p : values, kept.lower, kept.upper);
  return kept;
}

// The constants of one vector of channels.
template <bool whole>
struct MapLanes {
  Vector mean, scale, shift;
  bool relu;
  MapLanes() = default;
  ALWAYS_INLINE MapLanes(const ChannelMap<float>& m, std::int64_t first, std::int64_t left)
      : mean(load_channels<whole>(m.mean + first, left)),
        scale(load_channels<whole>(m.scale + first, left)),
        shift(load_channels<whole>(m.shift + first, left)),
        relu(m.relu) {}
  ALWAYS_INLINE Vector line(Vector x) const { return (x - mean) * scale + shift; }
  ALWAYS_INLINE Vector value(Vector x) const { return relu ? positive(line(x)) : line(x); }
  /// The cotangent of line(x), given that of value(x).
  ALWAYS_INLINE Vector cotangent(Vector d, Vector x) const {
    return relu ? where_positive(line(x), d) : d;
  }
};

template <bool whole, class X>
void map_block(const ChannelMap<float>& m, std::int64_t pixels, std::int64_t channels,
               std::int64_t first, const X* x, float* z) {
  const std::int64_t left = channels - first;
  const MapLanes<whole> map(m, first, left);
  for (std::int64_t p = 0; p < pixels; ++p, x += channels, z += channels)
    store_channels<whole>(z + first, map.value(load_channels<whole>(x + first, left)), left);
}

template <bool whole, class X>
void gradient_block(const ChannelMap<float>& m, const float* slope, const float* offset,
                    std::int64_t pixels, std::int64_t channels, std::int64_t first, const X* d,
                    const X* y, float* dy) {
  const std::int64_t left = channels - first;
  const MapLanes<whole> map(m, first, left);
  const Vector slopes = load_channels<whole>(slope + first, left);
  const Vector offsets = load_channels<whole>(offset + first, left);
  for (std::int64_t at = first; at < pixels * channels; at += channels) {
    const Vector value = load_channels<whole>(y + at, left);
    const Vector cotangent = map.cotangent(load_channels<whole>(d + at, left), value);
    store_channels<whole>(dy + at, (cotangent * map.scale + (value - map.mean) * slopes) + offsets,
                          left);
  }
}

// The sum of a value and that of its product with another over the pixels of a row, lane by lane.
struct DoubleSums {
  Doubles a[2]{}, b[2]{};  // lower and upper lanes
  // Adds x and x y.
  ALWAYS_INLINE void add(const WideVector& x, const WideVector& y) {
    a[0] += x.lower;
    a[1] += x.upper;
    b[0] = fma(x.lower, y.lower, b[0]);
    b[1] = fma(x.upper, y.upper, b[1]);
  }
};
// add_to(sum, at) adds a point's.
template <bool whole, class AddTo>
ALWAYS_INLINE void sum_block(std::int64_t pixels, std::int64_t channels, std::int64_t first,
                             AddTo add_to, double* sums) {
  DoubleSums even, odd;
  std::int64_t p = 0, at = first;
  for (; p + 2 <= pixels; p += 2, at += 2 * channels) {
    add_to(even, at);
    add_to(odd, at + channels);
  }
  if (p < pixels) add_to(even, at);
  double totals[2][kLanes];
  for (int half = 0; half < 2; ++half) {
    const Doubles a = even.a[half] + odd.a[half], b = even.b[half] + odd.b[half];
    std::memcpy(totals[0] + half * (kLanes / 2), &a, sizeof a);
    std::memcpy(totals[1] + half * (kLanes / 2), &b, sizeof b);
  }
  const std::int64_t left = whole ? kLanes : channels - first;
  for (std::int64_t i = 0; i < left; ++i) {
    sums[first + i] += totals[0][i];
    sums[channels + first + i] += totals[1][i];
  }
}

template <bool whole>
void moments_block(std::int64_t pixels, std::int64_t channels, std::int64_t first, const float* y,
                   double* sums) {
  const std::int64_t left = channels - first;
  sum_block<whole>(
      pixels, channels, first,
      [&](DoubleSums& sum, std::int64_t at) ALWAYS_INLINE_LAMBDA {
        const WideVector value = wide_channels<whole>(y + at, left);
        sum.add(value, value);
      },
      sums);
}

template <bool whole, class Y>
void gradient_sums_block(const ChannelMap<float>& m, std::int64_t pixels, std::int64_t channels,
                         std::int64_t first, const float* d, const Y* y, double* sums) {
  const std::int64_t left = channels - first;
  const MapLanes<whole> map(m, first, left);
  sum_block<whole>(
      pixels, channels, first,
      [&](DoubleSums& sum, std::int64_t at) ALWAYS_INLINE_LAMBDA {
        const Vector line = map.line(load_channels<whole>(y + at, left));
        const WideVector value = wide_channels<whole>(y + at, left);
        sum.add(map.relu ? wide_channels_where_positive<whole>(line, d + at, left)
                         : wide_channels<whole>(d + at, left),
                value);
      },
      sums);
}

template <class X>
void map_row(const ChannelMap<float>& m, std::int64_t pixels, std::int64_t channels, const X* x,
             float* z) {
  std::int64_t first = 0;
  for (; first + kLanes <= channels; first += kLanes)
    map_block<true>(m, pixels, channels, first, x, z);
  if (first < channels) map_block<false>(m, pixels, channels, first, x, z);
}

void moments_row(std::int64_t pixels, std::int64_t channels, const float* y, double* sums) {
  std::int64_t first = 0;
  for (; first + kLanes <= channels; first += kLanes)
    moments_block<true>(pixels, channels, first, y, sums);
  if (first < channels) moments_block<false>(pixels, channels, first, y, sums);
}

template <class Y>
void gradient_sums_row(const ChannelMap<float>& m, std::int64_t pixels, std::int64_t channels,
                       const float* d, const Y* y, double* sums) {
  std::int64_t first = 0;
  for (; first + kLanes <= channels; first += kLanes)
    gradient_sums_block<true>(m, pixels, channels, first, d, y, sums);
  if (first < channels) gradient_sums_block<false>(m, pixels, channels, first, d, y, sums);
}

template <class X>
void gradient_row(const ChannelMap<float>& m, const float* slope, const float* offset,
                  std::int64_t pixels, std::int64_t channels, const X* d, const X* y, float* dy) {
  std::int64_t first = 0;
  for (; first + kLanes <= channels; first += kLanes)
    gradient_block<true>(m, slope, offset, pixels, channels, first, d, y, dy);
  if (first < channels) gradient_block<false>(m, slope, offset, pixels, channels, first, d, y, dy);
}
