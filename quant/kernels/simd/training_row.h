// Rows of quantisation-aware training. The plain loops are in training_rows_reference.cpp.

void real_row(float scale, std::int32_t zero_point, const std::int8_t* codes, std::int64_t count,
              float* values) {
  const Vector zero = splat(zero_point);
  const Floats factor = splat_float(scale);
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    store_floats(values + i, multiply(to_floats(subtract(widen_codes(codes + i), zero)), factor));
  for (; i < count; ++i) values[i] = scale * static_cast<float>(codes[i] - zero_point);
}

// The bits of a vector's lanes.
ALWAYS_INLINE std::uint32_t load_bits(const std::uint8_t* bits) {
  std::uint32_t lanes = 0;
  std::memcpy(&lanes, bits, kLanes / 8);
  return lanes;
}

void masked_row(const float* values, const std::uint8_t* bits, std::int64_t count, float* into) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    store_floats(into + i, keep(load_floats(values + i), load_bits(bits + i / 8)));
  for (; i < count; ++i) {
    const float value = values[i];
    into[i] = (bits[i / 8] >> (i % 8) & 1) != 0 ? value : 0.0f;
  }
}

// Sums are whole numbers, in either form.
ALWAYS_INLINE Vector load_integers(const std::int32_t* p) {
  return load(p);
}
ALWAYS_INLINE Vector load_integers(const float* p) {
  return nearest(load_floats(p));
}
ALWAYS_INLINE Floats load_as_floats(const std::int32_t* p) {
  return to_floats(load(p));
}
ALWAYS_INLINE Floats load_as_floats(const float* p) {
  return add_floats(load_floats(p), splat_float(0.0f));  // a zero is +0
}

// Four vectors of sums to codes; `table` goes round the channels.
template <Finish finish, bool one_block, class T>
void sums_to_codes(const OutputStage& stage, std::int32_t open_low, std::int64_t period,
                   const T* sums, std::int64_t count, std::int8_t* codes, std::uint8_t* bits) {
  constexpr int kCodes = 4 * kLanes;
  const Bounds bounds = make_bounds(stage.low, stage.high);
  const Vector zero_point = splat(stage.zero_point);
  const Vector low = splat(open_low), high = splat(stage.high);
  const std::int32_t* const end = stage.scales + period * kScaleRows * kLanes;
  const std::int32_t* table = stage.scales;
  Vector scale[kScaleRows];
  load_scale(table, scale);
  const auto four = [&](const T* from, std::int8_t* to, std::uint8_t* to_bits) {
    Vector code[4];
    UNROLL for (int v = 0; v < 4; ++v) {
      if constexpr (!one_block) {
        load_scale(table, scale);
        table = table + kScaleRows * kLanes == end ? stage.scales : table + kScaleRows * kLanes;
      }
      code[v] = rescaled<finish>(load_integers(from + v * kLanes), scale, zero_point);
    }
    store_codes(to, code, bounds);
    store_bits(to_bits, code, low, high);
  };
  std::int64_t i = 0;
  for (; i + kCodes <= count; i += kCodes) four(sums + i, codes + i, bits + i / 8);
  if (i == count) return;
  T rest[kCodes] = {};
  std::int8_t last[kCodes];
  std::uint8_t last_bits[kCodes / 8];
  const std::size_t left = static_cast<std::size_t>(count - i);
  std::memcpy(rest, sums + i, left * sizeof(T));
  four(rest, last, last_bits);
  std::memcpy(codes + i, last, left);
  std::memcpy(bits + i / 8, last_bits, (left + 7) / 8);
}

template <class T>
void sums_row(const OutputStage& stage, std::int32_t open_low, std::int64_t period, const T* sums,
              std::int64_t count, std::int8_t* codes, std::uint8_t* bits) {
  with_finish(stage.finish, [&](auto constant) {
    constexpr Finish finish = decltype(constant)::value;
    if (period == 1)
      sums_to_codes<finish, true>(stage, open_low, period, sums, count, codes, bits);
    else
      sums_to_codes<finish, false>(stage, open_low, period, sums, count, codes, bits);
  });
}

template <class T>
void extremes_row(const T* values, std::int64_t count, std::int64_t vectors, float* low,
                  float* high) {
  const std::int64_t step = vectors * kLanes;
  for (std::int64_t first = 0; first < step; first += kLanes) {
    Floats lows[2] = {load_floats(low + first), load_floats(low + first)};
    Floats highs[2] = {load_floats(high + first), load_floats(high + first)};
    std::int64_t i = first;
    for (; i + step + kLanes <= count; i += 2 * step) UNROLL for (int k = 0; k < 2; ++k) {
        const Floats value = load_as_floats(values + i + k * step);
        lows[k] = smaller(lows[k], value);
        highs[k] = larger(highs[k], value);
      }
    for (; i + kLanes <= count; i += step) {
      lows[0] = smaller(lows[0], load_as_floats(values + i));
      highs[0] = larger(highs[0], load_as_floats(values + i));
    }
    store_floats(low + first, smaller(lows[0], lows[1]));
    store_floats(high + first, larger(highs[0], highs[1]));
  }
  for (std::int64_t i = count / kLanes * kLanes; i < count; ++i) {
    const std::int64_t at = i % step;
    const float value = static_cast<float>(values[i]) + 0.0f;
    low[at] = value < low[at] ? value : low[at];
    high[at] = value > high[at] ? value : high[at];
  }
}
