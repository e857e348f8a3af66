// Convolutions with so few outputs that their channels would leave most lanes empty. Forward: lanes
// are output pixels, and the input lies in planes, one row of pixels for each channel. Filter
// gradient: lanes are input channels.

// A square of four pixels by four channels, turned over.
using Four = float __attribute__((vector_size(16)));
ALWAYS_INLINE void turn_square(const float* x, std::int64_t channels, float* planes,
                               std::int64_t plane) {
  Four p[4];
  UNROLL for (int i = 0; i < 4; ++i) std::memcpy(&p[i], x + i * channels, sizeof(Four));
  const Four a = __builtin_shufflevector(p[0], p[1], 0, 4, 1, 5);
  const Four b = __builtin_shufflevector(p[2], p[3], 0, 4, 1, 5);
  const Four c = __builtin_shufflevector(p[0], p[1], 2, 6, 3, 7);
  const Four d = __builtin_shufflevector(p[2], p[3], 2, 6, 3, 7);
  const Four turned[4] = {
      __builtin_shufflevector(a, b, 0, 1, 4, 5), __builtin_shufflevector(a, b, 2, 3, 6, 7),
      __builtin_shufflevector(c, d, 0, 1, 4, 5), __builtin_shufflevector(c, d, 2, 3, 6, 7)};
  UNROLL for (int i = 0; i < 4; ++i) std::memcpy(planes + i * plane, &turned[i], sizeof(Four));
}

void planes_row(std::int64_t pixels, std::int64_t channels, std::int64_t plane, const float* x,
                float* planes, Upcoming& next) {
  Fetch fetch(next);
  const std::int64_t whole = channels / 4 * 4;
  std::int64_t p = 0;
  for (; p + 4 <= pixels; p += 4) {
    for (std::int64_t c = 0; c < whole; c += 4) {
      turn_square(x + p * channels + c, channels, planes + c * plane + p, plane);
      fetch.step();
    }
    for (std::int64_t c = whole; c < channels; ++c)
      for (std::int64_t i = p; i < p + 4; ++i) planes[c * plane + i] = x[i * channels + c];
  }
  for (; p < pixels; ++p)
    for (std::int64_t c = 0; c < channels; ++c) planes[c * plane + p] = x[p * channels + c];
  fetch.close();
}

// `vectors` vectors of neighbouring pixels, one output channel.
template <int vectors>
ALWAYS_INLINE void narrow_tile(const NarrowRow& r, const RingRows<float>& planes, std::int64_t rows,
                               const float* w, float bias, Vector (&sum)[vectors], Fetch& fetch) {
  UNROLL for (int v = 0; v < vectors; ++v) sum[v] = broadcast(&bias);
  for (std::int64_t ky = 0; ky < rows; ++ky)
    for (std::int64_t ci = 0; ci < r.in_channels; ++ci) {
      const float* x = planes.row(ky) + ci * r.plane;
      for (std::int64_t kx = 0; kx < r.kernel_x; ++kx, x += r.dilation) {
        const Vector weight = broadcast(w++);
        UNROLL for (int v = 0; v < vectors; ++v) sum[v] = fma(load(x + v * kLanes), weight, sum[v]);
        fetch.step();
      }
    }
}

template <int vectors>
void narrow_pixels(const NarrowRow& r, const RingRows<float>& planes, std::int64_t ky_begin,
                   std::int64_t ky_end, std::int64_t first, float* y, Fetch& fetches) {
  Fetch fetch = fetches;  // in registers
  const std::int64_t taps = r.in_channels * r.kernel_x;
  for (std::int64_t o = 0; o < r.out_channels; ++o) {
    Vector sum[vectors];
    narrow_tile(r, planes.at(first), ky_end - ky_begin,
                r.filter + (o * r.kernel_y + ky_begin) * taps, r.bias[o], sum, fetch);
    float values[vectors * kLanes];
    UNROLL for (int v = 0; v < vectors; ++v) store(values + v * kLanes, add(sum[v], zero()));
    const std::int64_t left = r.out_width - first;
    const std::int64_t count = left < vectors * kLanes ? left : vectors * kLanes;
    for (std::int64_t i = 0; i < count; ++i) y[(first + i) * r.out_channels + o] = values[i];
  }
  fetches = fetch;
}

void narrow_row(const NarrowRow& r, const RingRows<float>& planes, std::int64_t ky_begin,
                std::int64_t ky_end, float* y, Upcoming& next) {
  Fetch fetch(next);
  constexpr int kVectors = 8;  // as many sums as a multiply-add takes steps, times two at once
  std::int64_t first = 0;
  for (; first + kVectors * kLanes <= r.out_width; first += kVectors * kLanes)
    narrow_pixels<kVectors>(r, planes, ky_begin, ky_end, first, y, fetch);
  for (; first < r.out_width; first += kLanes)
    narrow_pixels<1>(r, planes, ky_begin, ky_end, first, y, fetch);
  fetch.close();
}
