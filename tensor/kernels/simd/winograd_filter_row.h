// Filter gradient of such a convolution: the gradients of the factors of taps are sums over fours
// of outputs, each like that of a convolution of one tap.

// Cotangents of the products of a, -a, b and -b: [4][fours][width]. Of the last four, `outputs`
// belong to the row.
void winograd_cotangents(const float* d, std::int64_t width, std::int64_t outputs,
                         std::int64_t fours, float* into) {
  namespace w = winograd;
  const Vector a = all(w::a), a2 = all(w::a2), a3 = all(w::a3);
  const Vector b = all(w::b), b2 = all(w::b2), b3 = all(w::b3);
  const std::int64_t factor = fours * width;
  for (std::int64_t p = 0; p < fours; ++p, outputs -= 4)
    for (std::int64_t o = 0; o < width; o += kLanes, d += kLanes, into += kLanes) {
      const auto output = [&](int i) ALWAYS_INLINE_LAMBDA {
        return i < outputs ? load(d + (3 * p + i) * width) : zero();
      };
      const Vector y0 = output(0), y1 = output(1), y2 = output(2), y3 = output(3);
      const Vector even_a = fma(a2, y2, y0), odd_a = fma(a3, y3, a * y1);
      const Vector even_b = fma(b2, y2, y0), odd_b = fma(b3, y3, b * y1);
      store(into, even_a + odd_a);
      store(into + factor, even_a - odd_a);
      store(into + 2 * factor, even_b + odd_b);
      store(into + 3 * factor, even_b - odd_b);
    }
}

void winograd_filter_row(const RowGradient& c, const RingRows<float>& x, std::int64_t ky_begin,
                         std::int64_t ky_end, const float* cotangent, float* scratch,
                         float* partial, Upcoming& next) {
  Fetch fetch(next);
  const std::int64_t width = c.blocks * kLanes, all_fours = (c.out_width + 3) / 4;
  const std::int64_t chunk = all_fours < kWinogradChunk ? all_fours : kWinogradChunk;
  float* const factors = scratch;  // [6][fours][in_channels]
  float* const products = scratch + 6 * chunk * c.in_channels;
  for (std::int64_t begin = 0; begin < all_fours; begin += chunk) {
    const std::int64_t left = all_fours - begin;
    const std::int64_t fours = left < chunk ? left : chunk;
    const std::int64_t outputs = c.out_width - 4 * begin;
    const float* const d = cotangent + 4 * begin * width;
    winograd_cotangents(d, width, outputs, fours, products);
    const std::int64_t factor = fours * c.in_channels, product = fours * width;
    for (std::int64_t ky = ky_begin; ky < ky_end; ++ky) {
      winograd_factors(x.row(ky - ky_begin), c.in_width, c.in_channels, 4 * begin - c.pad, fours,
                       {c.in_channels, factor, kWinogradLanes}, factors);
      for (int i = 0; i < 6; ++i) {
        const bool first = i == 0, last = i == 5;
        const GradientPoints points[1] = {{factors + i * factor, c.in_channels,
                                           first  ? d
                                           : last ? d + 3 * width
                                                  : products + (i - 1) * product,
                                           first || last ? 4 * width : width,
                                           last && outputs < 4 * fours ? outputs / 4 : fours}};
        gradient_runs(c.in_channels, c.blocks, points,
                      partial + (6 * ky + i) * c.in_channels * width, fetch);
      }
    }
  }
  fetch.close();
  if (c.bias)
    bias_gradient(c.out_width, width, width, cotangent,
                  partial + c.kernel_y * 6 * c.in_channels * width);
}
