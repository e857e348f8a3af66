// A row of [pixels, channels] through a ChannelMap, and the sums that batch normalisation takes of
// it. Lanes are channels. Sums are in double: the even pixels of a row and the odd ones apart, so
// that two additions are under way at once; then (even + odd) is added to `sums` [2][channels].

template <bool whole>
ALWAYS_INLINE void store_channels(float* p, Vector v, std::int64_t channels) {
  if (whole)
    store(p, v);
  else
    store_first(p, v, channels);
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
  ALWAYS_INLINE Vector cotangent(Vector d, Vector x) const { return relu ? d * step(line(x)) : d; }
};

template <bool whole>
void map_block(const ChannelMap<float>& m, std::int64_t pixels, std::int64_t channels,
               std::int64_t first, const float* x, float* z) {
  const std::int64_t left = channels - first;
  const MapLanes<whole> map(m, first, left);
  for (std::int64_t p = 0; p < pixels; ++p, x += channels, z += channels)
    store_channels<whole>(z + first, map.value(load_channels<whole>(x + first, left)), left);
}

template <bool whole>
void gradient_block(const ChannelMap<float>& m, const float* slope, const float* offset,
                    std::int64_t pixels, std::int64_t channels, std::int64_t first, const float* d,
                    const float* y, float* dy) {
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

// Two sums over the pixels of a row for each lane; terms(at) gives both terms of a point.
struct DoublePair {
  Doubles a[2], b[2];  // lower and upper lanes
};
template <bool whole, class Terms>
ALWAYS_INLINE void sum_block(std::int64_t pixels, std::int64_t channels, std::int64_t first,
                             Terms terms, double* sums) {
  DoublePair even{}, odd{};
  const auto add_point = [&](DoublePair& sum, std::int64_t at) ALWAYS_INLINE_LAMBDA {
    const DoublePair t = terms(at);
    UNROLL for (int half = 0; half < 2; ++half) {
      sum.a[half] += t.a[half];
      sum.b[half] += t.b[half];
    }
  };
  std::int64_t p = 0, at = first;
  for (; p + 2 <= pixels; p += 2, at += 2 * channels) {
    add_point(even, at);
    add_point(odd, at + channels);
  }
  if (p < pixels) add_point(even, at);
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
      [&](std::int64_t at) ALWAYS_INLINE_LAMBDA {
        const Vector value = load_channels<whole>(y + at, left);
        const Doubles low = lower_doubles(value), high = upper_doubles(value);
        return DoublePair{{low, high}, {low * low, high * high}};
      },
      sums);
}

template <bool whole>
void gradient_sums_block(const ChannelMap<float>& m, std::int64_t pixels, std::int64_t channels,
                         std::int64_t first, const float* d, const float* y, double* sums) {
  const std::int64_t left = channels - first;
  const MapLanes<whole> map(m, first, left);
  const Doubles mean_low = lower_doubles(map.mean), mean_high = upper_doubles(map.mean);
  sum_block<whole>(
      pixels, channels, first,
      [&](std::int64_t at) ALWAYS_INLINE_LAMBDA {
        const Vector value = load_channels<whole>(y + at, left);
        const Vector cotangent = map.cotangent(load_channels<whole>(d + at, left), value);
        const Doubles low = lower_doubles(cotangent), high = upper_doubles(cotangent);
        return DoublePair{
            {low, high},
            {low * (lower_doubles(value) - mean_low), high * (upper_doubles(value) - mean_high)}};
      },
      sums);
}

void map_row(const ChannelMap<float>& m, std::int64_t pixels, std::int64_t channels, const float* x,
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

void gradient_sums_row(const ChannelMap<float>& m, std::int64_t pixels, std::int64_t channels,
                       const float* d, const float* y, double* sums) {
  std::int64_t first = 0;
  for (; first + kLanes <= channels; first += kLanes)
    gradient_sums_block<true>(m, pixels, channels, first, d, y, sums);
  if (first < channels) gradient_sums_block<false>(m, pixels, channels, first, d, y, sums);
}

void gradient_row(const ChannelMap<float>& m, const float* slope, const float* offset,
                  std::int64_t pixels, std::int64_t channels, const float* d, const float* y,
                  float* dy) {
  std::int64_t first = 0;
  for (; first + kLanes <= channels; first += kLanes)
    gradient_block<true>(m, slope, offset, pixels, channels, first, d, y, dy);
  if (first < channels) gradient_block<false>(m, slope, offset, pixels, channels, first, d, y, dy);
}
