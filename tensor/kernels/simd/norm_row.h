// A row of [pixels, channels] through a ChannelMap, and the sums that batch normalisation takes of
// it (norm_lines.h says in which order). Lanes are channels.

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
// The constants of one vector of channels.
template <bool whole>
struct MapLanes {
  Vector scale, shift;
  bool relu;
  MapLanes() = default;
  ALWAYS_INLINE MapLanes(const ChannelMap<float>& m, std::int64_t first, std::int64_t left)
      : scale(load_channels<whole>(m.scale + first, left)),
        shift(load_channels<whole>(m.shift + first, left)),
        relu(m.relu) {}
  ALWAYS_INLINE Vector line(Vector x) const { return fma(x, scale, shift); }
  ALWAYS_INLINE Vector value(Vector x) const { return relu ? positive(line(x)) : line(x); }
  /// The cotangent of line(x), given that of value(x).
  ALWAYS_INLINE Vector cotangent(Vector d, Vector x) const {
    return relu ? where_positive(line(x), d) : d;
  }
};

template <int vectors, bool whole, class X>
void map_block(const ChannelMap<float>& m, std::int64_t pixels, std::int64_t channels,
               std::int64_t first, const X* x, float* z) {
  const std::int64_t left = channels - first;
  MapLanes<whole> map[vectors];
  UNROLL for (int v = 0; v < vectors; ++v) map[v] = MapLanes<whole>(m, first + v * kLanes, left);
  x += first, z += first;
  for (std::int64_t p = 0; p < pixels; ++p, x += channels, z += channels)
    UNROLL for (int v = 0; v < vectors; ++v) store_channels<whole>(
        z + v * kLanes, map[v].value(load_channels<whole>(x + v * kLanes, left)), left);
}

template <int vectors, bool whole, class X>
void gradient_block(const ChannelMap<float>& m, const float* slope, const float* offset,
                    std::int64_t pixels, std::int64_t channels, std::int64_t first, const X* d,
                    const X* y, float* dy) {
  const std::int64_t left = channels - first;
  MapLanes<whole> map[vectors];
  Vector slopes[vectors], offsets[vectors];
  UNROLL for (int v = 0; v < vectors; ++v) {
    const std::int64_t at = first + v * kLanes;
    map[v] = MapLanes<whole>(m, at, left);
    slopes[v] = load_channels<whole>(slope + at, left);
    offsets[v] = load_channels<whole>(offset + at, left);
  }
  for (std::int64_t pixel = first; pixel < pixels * channels; pixel += channels) {
    UNROLL for (int v = 0; v < vectors; ++v) {
      const std::int64_t at = pixel + v * kLanes;
      const Vector value = load_channels<whole>(y + at, left);
      const Vector cotangent = map[v].cotangent(load_channels<whole>(d + at, left), value);
      store_channels<whole>(dy + at,
                            fma(value, slopes[v], fma(cotangent, map[v].scale, offsets[v])), left);
    }
  }
}

// Two sums of each channel of a vector, of `sums` [2][channels], in registers while a row is added.
template <bool whole>
struct RowSums {
  double* sums;
  std::int64_t channels, left;
  WideVector total[2];

  ALWAYS_INLINE RowSums(double* of, std::int64_t all, std::int64_t first)
      : sums(of + first), channels(all), left(whole ? kLanes : all - first) {
    UNROLL for (int i = 0; i < 2; ++i) {
      double values[kLanes] = {};
      std::memcpy(values, sums + i * channels, static_cast<std::size_t>(left) * sizeof(double));
      std::memcpy(&total[i], values, sizeof values);
    }
  }
  ALWAYS_INLINE void store_totals() const {
    UNROLL for (int i = 0; i < 2; ++i) std::memcpy(sums + i * channels, &total[i],
                                                   static_cast<std::size_t>(left) * sizeof(double));
  }
  ALWAYS_INLINE void add(int i, const WideVector& v) {
    total[i].lower += v.lower;
    total[i].upper += v.upper;
  }
};

template <bool whole>
void moments_block(std::int64_t pixels, std::int64_t channels, std::int64_t first, const float* y,
                   double* sums) {
  const std::int64_t left = channels - first;
  RowSums<whole> row(sums, channels, first);
  const float* at = y + first;
  for (std::int64_t begin = 0; begin < pixels; begin += kSumBlock) {
    const std::int64_t count = pixels - begin < kSumBlock ? pixels - begin : kSumBlock;
    WideVector sum[2]{}, square[2]{};  // of even and odd pixels
    const auto add_to = [&](int i) ALWAYS_INLINE_LAMBDA {
      const WideVector v = wide_channels<whole>(at, left);
      sum[i] = {sum[i].lower + v.lower, sum[i].upper + v.upper};
      square[i] = {fma(v.lower, v.lower, square[i].lower), fma(v.upper, v.upper, square[i].upper)};
      at += channels;
    };
    std::int64_t p = 0;
    for (; p + 2 <= count; p += 2) {
      add_to(0);
      add_to(1);
    }
    if (p < count) add_to(0);
    row.add(0, {sum[0].lower + sum[1].lower, sum[0].upper + sum[1].upper});
    row.add(1, {square[0].lower + square[1].lower, square[0].upper + square[1].upper});
  }
  row.store_totals();
}

template <bool whole, class Y>
void gradient_sums_block(const ChannelMap<float>& m, std::int64_t pixels, std::int64_t channels,
                         std::int64_t first, const float* d, const Y* y, double* sums) {
  const std::int64_t left = channels - first;
  const MapLanes<whole> map(m, first, left);
  RowSums<whole> row(sums, channels, first);
  d += first, y += first;
  for (std::int64_t begin = 0; begin < pixels; begin += kSumBlock) {
    const std::int64_t count = pixels - begin < kSumBlock ? pixels - begin : kSumBlock;
    Vector sum[4] = {zero(), zero(), zero(), zero()};
    Vector product[4] = {zero(), zero(), zero(), zero()};
    const auto add_to = [&](int i) ALWAYS_INLINE_LAMBDA {
      const Vector value = load_channels<whole>(y, left);
      const Vector cotangent = map.cotangent(load_channels<whole>(d, left), value);
      sum[i] = add(sum[i], cotangent);
      product[i] = fma(cotangent, value, product[i]);
      d += channels, y += channels;
    };
    std::int64_t p = 0;
    for (; p + 4 <= count; p += 4) UNROLL for (int i = 0; i < 4; ++i) add_to(i);
    UNROLL for (int i = 0; i < 3; ++i) if (p + i < count) add_to(i);
    float totals[kLanes];
    store(totals, add(add(sum[0], sum[1]), add(sum[2], sum[3])));
    row.add(0, load_wide(totals));
    store(totals, add(add(product[0], product[1]), add(product[2], product[3])));
    row.add(1, load_wide(totals));
  }
  row.store_totals();
}

template <class X>
void map_row(const ChannelMap<float>& m, std::int64_t pixels, std::int64_t channels, const X* x,
             float* z) {
  for_each_block<2>(channels, [&](std::int64_t first, auto blocks) ALWAYS_INLINE_LAMBDA {
    using B = decltype(blocks);
    map_block<B::vectors, B::whole>(m, pixels, channels, first, x, z);
  });
}

void moments_row(std::int64_t pixels, std::int64_t channels, const float* y, double* sums) {
  for_each_block<1>(channels, [&](std::int64_t first, auto blocks) ALWAYS_INLINE_LAMBDA {
    moments_block<decltype(blocks)::whole>(pixels, channels, first, y, sums);
  });
}

template <class Y>
void gradient_sums_row(const ChannelMap<float>& m, std::int64_t pixels, std::int64_t channels,
                       const float* d, const Y* y, double* sums) {
  for_each_block<1>(channels, [&](std::int64_t first, auto blocks) ALWAYS_INLINE_LAMBDA {
    gradient_sums_block<decltype(blocks)::whole>(m, pixels, channels, first, d, y, sums);
  });
}

template <class X>
void gradient_row(const ChannelMap<float>& m, const float* slope, const float* offset,
                  std::int64_t pixels, std::int64_t channels, const X* d, const X* y, float* dy) {
  for_each_block<2>(channels, [&](std::int64_t first, auto blocks) ALWAYS_INLINE_LAMBDA {
    using B = decltype(blocks);
    gradient_block<B::vectors, B::whole>(m, slope, offset, pixels, channels, first, d, y, dy);
  });
}
