// From sums to codes, by the definitions of arith.h in the two 64-bit halves of a vector's lanes.

// sum * M + addend for the even lanes and for the odd ones.
struct Wide {
  Vector even, odd;
};
ALWAYS_INLINE Wide multiply_add(Vector sum, const Vector (&scale)[kScaleRows]) {
  return {add_wide(multiply_even(sum, scale[kMultiplier]), scale[kAddend]),
          add_wide(multiply_even(odd_to_even(sum), scale[kMultiplier + 1]), scale[kAddend + 1])};
}

ALWAYS_INLINE void load_scale(const std::int32_t* table, Vector (&scale)[kScaleRows]) {
  UNROLL for (int row = 0; row < kScaleRows; ++row) scale[row] = load(table + row * kLanes);
}

// Codes before they are saturated and clamped.
//
// Rounding twice is h = floor((sum * M + 2^30) / 2^31), then floor((h + 2^(R-1) - [h < 0]) / 2^R).
// Floors nest, so `once` is one: its addend is 2^30 + 2^(30+R) where [h < 0] may be left out,
// because the clamp takes a negative number's tie to the zero point whichever way it goes, and
// 2^(30+R) where single rounding is wanted. `twice` doubles the product, so that [h < 0] = [sum <
// 0] is one unit of its upper half. (Where sum < 0 but h = 0 the result is 0 with it or without.)
template <Finish finish>
ALWAYS_INLINE Vector rescaled(Vector sum, const Vector (&scale)[kScaleRows], Vector zero_point) {
  if constexpr (finish == Finish::once) {
    const Wide t = multiply_add(sum, scale);
    return shift_right(upper_halves(t.even, t.odd), scale[kShiftRight]);
  } else if constexpr (finish == Finish::twice) {
    const Wide t = multiply_add(add(sum, sum), scale);
    return shift_right(add(upper_halves(t.even, t.odd), signs(sum)), scale[kShiftRight]);
  } else if constexpr (finish == Finish::any_double) {
    const Wide t = multiply_add(shift_left(sum, scale[kShiftLeft]), scale);
    const Vector high = upper_halves(add_wide(t.even, t.even), add_wide(t.odd, t.odd));
    // floor(high / 2^R), one more where the rest is above a half (at a half too, if positive).
    const Vector mask = scale[kMask];
    const Vector half = subtract(shift_right(mask, splat(1)), signs(high));
    const Vector up = greater(bit_and(high, mask), half);
    return add(subtract(shift_right(high, scale[kShiftRight]), up), zero_point);
  } else {
    const Wide t = multiply_add(sum, scale);
    return add(lower_halves(shift_right_wide(t.even, scale[kWideShift]),
                            shift_right_wide(t.odd, scale[kWideShift + 1])),
               zero_point);
  }
}

template <auto constant>
struct Constant {
  static constexpr auto value = constant;
};

// Calls body with the kind of rounding as a constant.
template <class Body>
ALWAYS_INLINE void with_finish(Finish finish, Body body) {
  switch (finish) {
    case Finish::once:
      return body(Constant<Finish::once>{});
    case Finish::twice:
      return body(Constant<Finish::twice>{});
    case Finish::any_double:
      return body(Constant<Finish::any_double>{});
    case Finish::any_single:
      return body(Constant<Finish::any_single>{});
    case Finish::sums:
      return;
  }
}

// The same for the quick way.
template <class Body>
ALWAYS_INLINE auto with_quick(Quick quick, Body body) {
  switch (quick) {
    case Quick::none:
      break;
    case Quick::once:
      return body(Constant<Quick::once>{});
    case Quick::twice:
      return body(Constant<Quick::twice>{});
    case Quick::limited:
      return body(Constant<Quick::limited>{});
    case Quick::line:
      return body(Constant<Quick::line>{});
    case Quick::clamped_line:
      return body(Constant<Quick::clamped_line>{});
    case Quick::signed_line:
      return body(Constant<Quick::signed_line>{});
  }
  return body(Constant<Quick::none>{});
}

// The quick way of vectors that share factors or have `tables` of them in turn.
template <Quick quick, int tables>
struct QuickStage {
  Floats factors[tables][kQuickRows];
  Bounds bounds;
  Vector least;  // not of lines: in the lower words 16 bits behind the point, the smallest so far
                 // in each place

  ALWAYS_INLINE QuickStage(const OutputStage& stage, const float* from)
      : bounds(make_bounds(stage.low, stage.high)) {
    start_anew();
    UNROLL for (int t = 0; t < tables; ++t) UNROLL for (int row = 0; row < kQuickRows; ++row)
        factors[t][row] = load_floats(from + (t * kQuickRows + row) * kLanes);
  }
  ALWAYS_INLINE void start_anew() { least = splat(-1); }
  // A line's code, else 16 bits behind the point.
  ALWAYS_INLINE Vector value(Vector signs, Floats sum, int table) const {
    const Floats(&f)[kQuickRows] = factors[table];
    Floats start = f[kStart];
    if constexpr (quick == Quick::twice || quick == Quick::limited || quick == Quick::signed_line)
      start = choose_by_sign(signs, f[kBelow], start);
    Floats v = fma(sum, f[kFactor], start);
    // Far above every code, and not unclear.
    if constexpr (quick == Quick::limited) v = smaller(v, splat_float(0x1p30f + 0x1p15f));
    return nearest(v);
  }
  ALWAYS_INLINE Vector value(Vector sum, int table) const {
    return value(sum, to_floats(sum), table);
  }
  // No sum is -0.
  ALWAYS_INLINE Vector value(Floats sum, int table) const {
    return value(bits_of(sum), sum, table);
  }
  // Packed as by pack_codes; vector i has table (first + i) % tables. Sums are whole numbers.
  template <class Sums, int count>
  ALWAYS_INLINE Vector codes(const Sums (&sums)[count], int first) {
    Vector v[count], words[2];
    UNROLL for (int i = 0; i < count; ++i) {
      v[i] = value(sums[i], (first + i) % tables);
      if constexpr (!is_line(quick)) least = smaller_words(least, v[i]);
    }
    UNROLL for (int i = 0; i < count; i += 2) words[i / 2] =
        is_line(quick) ? saturated_words(v[i], v[i + 1]) : upper_words(v[i], v[i + 1]);
    const Vector packed = saturated(words[0], words[count / 2 - 1]);
    constexpr bool clamps =
        quick == Quick::once || quick == Quick::limited || quick == Quick::clamped_line;
    return clamps ? clamped(packed, bounds) : packed;
  }
  ALWAYS_INLINE bool unclear() const {
    if constexpr (is_line(quick)) return false;
    return any_lower_word_without(least, static_cast<std::int16_t>(-2 * kUnclear));
  }
};

// `vectors` vectors of sums whose lanes are channels, a multiple of kLanes of them.
template <Finish finish, bool one_block>
ALWAYS_INLINE void requantize_whole(const OutputStage& stage, const std::int32_t* sums,
                                    std::int64_t vectors, std::int64_t blocks,
                                    std::int8_t* output) {
  const Bounds bounds = make_bounds(stage.low, stage.high);
  const Vector zero_point = splat(stage.zero_point);
  const std::int32_t* const end = stage.scales + blocks * kScaleRows * kLanes;
  const std::int32_t* table = stage.scales;
  Vector scale[kScaleRows];
  load_scale(table, scale);
  const auto next = [&](const std::int32_t* from) {
    if constexpr (!one_block) {
      load_scale(table, scale);
      table = table + kScaleRows * kLanes == end ? stage.scales : table + kScaleRows * kLanes;
    }
    return rescaled<finish>(load(from), scale, zero_point);
  };
  std::int64_t v = 0;
  for (; v + 4 <= vectors; v += 4) {
    Vector codes[4];
    UNROLL for (int i = 0; i < 4; ++i) codes[i] = next(sums + (v + i) * kLanes);
    store_codes(output + v * kLanes, codes, bounds);
  }
  if (v == vectors) return;
  Vector codes[4] = {};
  for (int i = 0; v + i < vectors; ++i) codes[i] = next(sums + (v + i) * kLanes);
  std::int8_t last[4 * kLanes];
  store_codes(last, codes, bounds);
  std::memcpy(output + v * kLanes, last, static_cast<std::size_t>((vectors - v) * kLanes));
}

// Any number of channels: the lanes beyond the last are dropped.
template <Finish finish>
void requantize_ragged(const OutputStage& stage, const std::int32_t* sums, std::int64_t pixels,
                       std::int64_t channels, std::int8_t* output) {
  const Bounds bounds = make_bounds(stage.low, stage.high);
  const Vector zero_point = splat(stage.zero_point);
  for (std::int64_t p = 0; p < pixels; ++p) {
    const std::int32_t* table = stage.scales;
    for (std::int64_t first = 0; first < channels; first += kLanes, sums += kLanes) {
      Vector scale[kScaleRows];
      load_scale(table, scale);
      table += kScaleRows * kLanes;
      const Vector codes[4] = {rescaled<finish>(load(sums), scale, zero_point)};
      std::int8_t lanes[4 * kLanes];
      store_codes(lanes, codes, bounds);
      const std::int64_t count = channels - first < kLanes ? channels - first : kLanes;
      std::memcpy(output, lanes, static_cast<std::size_t>(count));
      output += count;
    }
  }
}

// Where value number `at` of a row goes.
ALWAYS_INLINE std::int8_t* place(const OutputStage& stage, std::int8_t* row, std::int64_t at) {
  return row + at * (stage.finish == Finish::sums ? 4 : 1);
}

void requantize(const OutputStage& stage, const std::int32_t* sums, std::int64_t pixels,
                std::int64_t channels, std::int8_t* output) {
  if (stage.finish == Finish::sums) {
    const std::int64_t step = (channels + kLanes - 1) / kLanes * kLanes;
    if (step == channels) {
      std::memcpy(output, sums, static_cast<std::size_t>(pixels * channels * 4));
      return;
    }
    for (std::int64_t p = 0; p < pixels; ++p)
      std::memcpy(output + p * channels * 4, sums + p * step,
                  static_cast<std::size_t>(channels * 4));
    return;
  }
  const std::int64_t blocks = channels / kLanes;
  with_finish(stage.finish, [&](auto constant) {
    constexpr Finish finish = decltype(constant)::value;
    if (channels % kLanes != 0)
      requantize_ragged<finish>(stage, sums, pixels, channels, output);
    else if (blocks == 1)
      requantize_whole<finish, true>(stage, sums, pixels, 1, output);
    else
      requantize_whole<finish, false>(stage, sums, pixels * blocks, blocks, output);
  });
}
