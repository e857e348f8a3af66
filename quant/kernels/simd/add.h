// The sum of two tensors. Of its two operands the one with the larger scale, here the second, is
// exactly halved.
//
// The three roundings together move a result by far less than a unit, so where its real value,
// computed in floats, is not close to the middle of two codes (by more than those roundings and the
// floats' errors can move it) the nearest code is the result. The others are rare; their vectors
// are computed again in integers.

// Four vectors in integers.
template <bool halve1, Finish finish1, Finish finish>
void add_exactly(const AddStage& a, const std::int8_t* input1, const std::int8_t* input2,
                 Vector (&codes)[4]) {
  const Vector zero1 = splat(a.zero_point1), zero2 = splat(a.zero_point2), none = splat(0);
  const Vector widen = splat(a.left_shift), half = splat(a.left_shift - 1);
  Vector scale1[kScaleRows], scale[kScaleRows];
  load_scale(halve1 ? a.stage.scales : a.scale1, scale1);
  load_scale(a.stage.scales, scale);
  UNROLL for (int v = 0; v < 4; ++v) {
    const Vector x1 = subtract(widen_codes(input1 + v * kLanes), zero1);
    const Vector x2 = shift_left(subtract(widen_codes(input2 + v * kLanes), zero2), half);
    const Vector rescaled1 =
        halve1 ? shift_left(x1, half) : rescaled<finish1>(shift_left(x1, widen), scale1, none);
    codes[v] = rescaled<finish>(add(rescaled1, x2), scale, none);
  }
}

template <bool proven, bool halve1, Finish finish1, Finish finish>
void add_all(const AddStage& a, const std::int8_t* input1, const std::int8_t* input2,
             std::int8_t* output, std::uint8_t* bits, std::int64_t count) {
  constexpr int kCodes = 4 * kLanes;
  const Bounds bounds = make_bounds(a.stage.low, a.stage.high);
  const Floats factor1 = splat_float(a.factor1), factor2 = splat_float(a.factor2);
  const Floats offset = splat_float(a.offset), limit = splat_float(a.sure);
  const Vector open_low = splat(a.open_low), high = splat(a.stage.high);
  const auto sum = [&](const std::int8_t* from1, const std::int8_t* from2, std::int8_t* to,
                       std::uint8_t* to_bits) {
    Vector codes[4];
    Floats off[4];
    UNROLL for (int v = 0; v < 4; ++v) {
      const Floats x1 = to_floats(widen_codes(from1 + v * kLanes));
      const Floats x2 = to_floats(widen_codes(from2 + v * kLanes));
      const Floats value = fma(x1, factor1, fma(x2, factor2, offset));
      codes[v] = nearest(value);
      if constexpr (!proven) off[v] = from_nearest(value);
    }
    if constexpr (!proven)
      if (any_above(larger_size(larger_size(off[0], off[1]), larger_size(off[2], off[3])), limit))
        add_exactly<halve1, finish1, finish>(a, from1, from2, codes);
    store_codes(to, codes, bounds);
    if (bits != nullptr) store_bits(to_bits, codes, open_low, high);
  };
  std::int64_t i = 0;
  constexpr int kAhead = 1024;  // the processor's own prefetching stops at the end of each page
  for (; i + kCodes <= count; i += kCodes) {
    fetch(input1, i + kAhead, i + kAhead + kCodes);
    fetch(input2, i + kAhead, i + kAhead + kCodes);
    fetch(output, i + kAhead, i + kAhead + kCodes);
    sum(input1 + i, input2 + i, output + i, bits == nullptr ? nullptr : bits + i / 8);
  }
  if (i == count) return;
  std::int8_t rest1[kCodes] = {}, rest2[kCodes] = {}, rest[kCodes];
  std::uint8_t rest_bits[kCodes / 8];
  const std::size_t left = static_cast<std::size_t>(count - i);
  std::memcpy(rest1, input1 + i, left);
  std::memcpy(rest2, input2 + i, left);
  sum(rest1, rest2, rest, rest_bits);
  std::memcpy(output + i, rest, left);
  if (bits != nullptr) std::memcpy(bits + i / 8, rest_bits, (left + 7) / 8);
}

void add_codes(const AddStage& a, const std::int8_t* input1, const std::int8_t* input2,
               std::int8_t* output, std::uint8_t* bits, std::int64_t count) {
  constexpr Finish once = Finish::once, twice = Finish::twice;
  const bool last_once = a.stage.finish == once;
  const auto all =
      a.proven ? add_all<true, true, once, once>  // the kinds of rounding are of no use
      : a.halve1
          ? (last_once ? add_all<false, true, once, once> : add_all<false, true, once, twice>)
      : a.finish1 == once
          ? add_all<false, false, once, once>  // single rounding
          : (last_once ? add_all<false, false, twice, once> : add_all<false, false, twice, twice>);
  all(a, input1, input2, output, bits, count);
}
