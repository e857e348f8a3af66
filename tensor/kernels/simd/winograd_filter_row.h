// Filter gradient of such a convolution: the gradients of the factors of taps are sums over fours
// of outputs, each like that of a convolution of one tap.

// Cotangents of the products of fours, [width] each, `factor` floats apart. What is behind the
// `outputs` counts as zero.
template <bool whole>
NEVER_INLINE void winograd_cotangents(const RowSum& row, std::int64_t pixel, std::int64_t width,
                                      std::int64_t outputs, std::int64_t fours, std::int64_t factor,
                                      float* into) {
  namespace w = winograd;
  const Vector a = all(w::a), a2 = all(w::a2), a3 = all(w::a3);
  const Vector b = all(w::b), b2 = all(w::b2), b3 = all(w::b3);
  const Vector times = all(row.times);
  for (std::int64_t o = 0; o < width; o += kLanes) {
    const float *of = row.of + pixel * width + o, *with = row.with + pixel * width + o;
    float* to = into + o;
    for (std::int64_t p = 0; p < fours; ++p) {
      const auto output = [&](int i) ALWAYS_INLINE_LAMBDA {
        if (!whole && i >= outputs) return zero();
        return fma(times, load(with + i * width), load(of + i * width));
      };
      const Vector y0 = output(0), y1 = output(1), y2 = output(2), y3 = output(3);
      const Vector even_a = fma(a2, y2, y0), odd_a = fma(a3, y3, a * y1);
      const Vector even_b = fma(b2, y2, y0), odd_b = fma(b3, y3, b * y1);
      const Vector products[6] = {
          even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b, y0, y3};
      UNROLL for (int i = 0; i < 6; ++i) store(to + i * factor, products[i]);
      of += 4 * width;
      with += 4 * width;
      to += width;
    }
  }
}

void winograd_filter_row(const RowGradient& c, const RingRows<float>& x, std::int64_t ky_begin,
                         std::int64_t ky_end, const float* cotangent, float* scratch,
                         float* partial, Upcoming& next) {
  Fetch fetch(next);
  const std::int64_t width = c.blocks * kLanes, all_fours = (c.out_width + 3) / 4;
  std::int64_t chunks = (all_fours + c.chunk - 1) / c.chunk;
  const std::int64_t most = all_fours < c.chunk ? all_fours : c.chunk;
  const float* const upper = c.lower ? c.upper : cotangent;
  const float* const lower = c.lower ? cotangent : nullptr;
  // An upper row leaves the products of both to the lower one, if that is to come.
  const int begin = c.lower ? 1 : 0, end = c.lower ? 4 : c.paired ? 1 : 3;
  float* const factors = scratch;                              // [6][fours][in_channels]
  float* const products = scratch + 6 * most * c.in_channels;  // [6][fours][width]
  for (std::int64_t first = 0, fours = 0; first < all_fours; first += fours, --chunks) {
    fours = (all_fours - first + chunks - 1) / chunks;  // chunks of nearly equal size
    const std::int64_t factor = fours * c.in_channels, product = fours * width;
    for (int k = begin; k < end; ++k) {
      winograd_factors(row_points(k, c.lower, c.in_width, x, ky_begin, ky_end), c.in_channels,
                       4 * first - c.pad, fours, {c.in_channels, factor, kWinogradLanes}, factors);
      const RowSum d =
          row_sum_of(winograd::row_cotangents[k], c.out_width,
                     [&](int i) ALWAYS_INLINE_LAMBDA { return i == 0 ? upper : lower; });
      const std::int64_t outputs = c.out_width - 4 * first;
      const std::int64_t whole = outputs < 4 * fours ? outputs / 4 : fours;
      winograd_cotangents<true>(d, 4 * first, width, 4 * whole, whole, product, products);
      if (whole < fours)
        winograd_cotangents<false>(d, 4 * (first + whole), width, outputs - 4 * whole, 1, product,
                                   products + whole * width);
      for (int i = 0; i < 6; ++i) {
        const GradientPoints points[1] = {
            {factors + i * factor, c.in_channels, products + i * product, width, fours}};
        gradient_runs(c.in_channels, c.blocks, points,
                      partial + (6 * k + i) * c.in_channels * width, fetch);
      }
    }
  }
  fetch.close();
  if (c.bias)
    bias_gradient(c.out_width, width, width, cotangent, partial + 24 * c.in_channels * width);
}
