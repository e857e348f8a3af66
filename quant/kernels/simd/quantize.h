// Real numbers to codes, by the steps of quantize.h: the same divisions and roundings.

ALWAYS_INLINE Vector quantized(Floats value, Floats scale, Vector zero_point) {
  const Floats ratio = divide(value, scale), half = splat_float(0.5f);
  const Floats bounded = smaller(larger(ratio, splat_float(-512)), splat_float(512));
  const Vector whole = truncated(bounded);
  const Floats fraction = subtract(bounded, to_floats(whole));
  const Vector up = not_below(fraction, half), down = not_below(splat_float(-0.5f), fraction);
  // Masks are -1; what is no number becomes the zero point.
  const Vector nearest = add(subtract(whole, up), down);
  return add(bit_and(nearest, not_below(ratio, ratio)), zero_point);
}

void quantize_codes(float scale, std::int32_t zero_point, const float* input, std::int8_t* output,
                    std::int64_t count) {
  constexpr int kCodes = 4 * kLanes;
  const Bounds bounds = make_bounds(-128, 127);
  const Floats step = splat_float(scale);
  const Vector zero = splat(zero_point);
  const auto quantize = [&](const float* from, std::int8_t* to) {
    Vector codes[4];
    UNROLL for (int v = 0; v < 4; ++v) codes[v] =
        quantized(load_floats(from + v * kLanes), step, zero);
    store_codes(to, codes, bounds);
  };
  std::int64_t i = 0;
  for (; i + kCodes <= count; i += kCodes) quantize(input + i, output + i);
  if (i == count) return;
  float rest[kCodes] = {};
  std::int8_t last[kCodes];
  std::memcpy(rest, input + i, static_cast<std::size_t>(count - i) * sizeof(float));
  quantize(rest, last);
  std::memcpy(output + i, last, static_cast<std::size_t>(count - i));
}
