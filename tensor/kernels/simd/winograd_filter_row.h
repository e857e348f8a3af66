// Filter gradient of such a convolution: the products' gradients are sums over pairs, each like
// that of a convolution of one tap.

void winograd_filter_row(const RowGradient& c, const RingRows<float>& x, std::int64_t ky_begin,
                         std::int64_t ky_end, const float* cotangent, float* scratch,
                         float* partial, Upcoming& next) {
  Fetch fetch(next);
  const std::int64_t width = c.blocks * kLanes, chunk = kWinogradChunk;
  float* const factors = scratch;                           // [4][pairs][in_channels]
  float* const sums = scratch + 4 * chunk * c.in_channels;  // dy0 + dy1: [pairs][width]
  float* const differences = sums + chunk * width;          // dy0 - dy1
  const std::int64_t all = (c.out_width + 1) / 2, complete = c.out_width / 2;
  for (std::int64_t begin = 0; begin < all; begin += chunk) {
    const std::int64_t pairs = begin + chunk < all ? chunk : all - begin;
    const std::int64_t with_both = begin + pairs <= complete ? pairs : pairs - 1;
    const float* const d = cotangent + 2 * begin * width;
    for (std::int64_t p = 0; p < pairs; ++p)
      for (std::int64_t o = 0; o < width; o += kLanes) {
        const Vector first = load(d + 2 * p * width + o);
        const Vector second = p < with_both ? load(d + (2 * p + 1) * width + o) : zero();
        store(sums + p * width + o, first + second);
        store(differences + p * width + o, first - second);
      }
    const std::int64_t factor = pairs * c.in_channels;
    for (std::int64_t ky = ky_begin; ky < ky_end; ++ky) {
      winograd_factors(x.row(ky - ky_begin), c.in_width, c.in_channels, 2 * begin - c.pad, pairs,
                       {c.in_channels, factor, kWinogradGroup}, factors);
      const GradientPoints points[4][1] = {
          {{factors, c.in_channels, d, 2 * width, pairs}},
          {{factors + factor, c.in_channels, sums, width, pairs}},
          {{factors + 2 * factor, c.in_channels, differences, width, pairs}},
          {{factors + 3 * factor, c.in_channels, d + width, 2 * width, with_both}}};
      for (int i = 0; i < 4; ++i)
        gradient_runs(c.in_channels, c.blocks, points[i],
                      partial + (4 * ky + i) * c.in_channels * width, fetch);
    }
  }
  fetch.close();
  if (c.bias)
    bias_gradient(c.out_width, width, width, cotangent,
                  partial + c.kernel_y * 4 * c.in_channels * width);
}
