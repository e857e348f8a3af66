// The tile that the vector versions share, in terms of Vector, zero(), load(), store(), broadcast()
// and fma() of sixteen floats. Included inside an anonymous namespace.
void tile_row(std::int64_t width, const float* x, const float* filter, float* y) {
  const std::int64_t row = (width + 2) * kChannels;
  for (std::int64_t ox = 0; ox < width; ox += kTile) {
    Vector sum[kTile];
    UNROLL for (int p = 0; p < kTile; ++p) sum[p] = zero();
    const float* w = filter;
    for (int ky = 0; ky < 3; ++ky)
      for (int ci = 0; ci < kChannels; ++ci) {
        const PixelPointers<float, kTile + 2> from(x + ky * row + ox * kChannels + ci, kChannels);
        UNROLL for (int kx = 0; kx < 3; ++kx) {
          const Vector weight = load(w + kx * kChannels);
          UNROLL for (int p = 0; p < kTile; ++p) sum[p] =
              fma(broadcast(from.at(p + kx)), weight, sum[p]);
        }
        w += 3 * kChannels;
      }
    UNROLL for (int p = 0; p < kTile; ++p) store(y + (ox + p) * kChannels, sum[p]);
  }
}
