// Filter gradient of a convolution: lanes are output channels, `values` filter values that lie side
// by side in the window (kx, ci) by `blocks` vectors stay in registers while a row streams by.

// Points whose products are summed: values of x from `x` on, with vectors of d from `d` on.
struct GradientPoints {
  const float* x;
  std::int64_t x_step;
  const float* d;
  std::int64_t d_step, count;
};

// `width`: between the partial sums of two values.
template <int values, int blocks, int parts>
NEVER_INLINE void gradient_tile(std::int64_t width, const GradientPoints (&points)[parts],
                                float* partial, Fetch& fetches) {
  Fetch fetch = fetches;  // in registers
  Vector sum[values][blocks];
  UNROLL for (int i = 0; i < values; ++i) UNROLL for (int b = 0; b < blocks; ++b) sum[i][b] =
      load(partial + i * width + b * kLanes);
  for (const GradientPoints& part : points) {
    const float *x = part.x, *d = part.d;
    const std::int64_t x_step = part.x_step, d_step = part.d_step;
    for (std::int64_t left = part.count; left > 0; --left, x += x_step, d += d_step) {
      Vector gradient[blocks];
      UNROLL for (int b = 0; b < blocks; ++b) gradient[b] = load(d + b * kLanes);
      UNROLL for (int i = 0; i < values; ++i) {
        const Vector value = broadcast(x + i);
        UNROLL for (int b = 0; b < blocks; ++b) sum[i][b] = fma(value, gradient[b], sum[i][b]);
      }
      fetch.step();
    }
  }
  UNROLL for (int i = 0; i < values; ++i) UNROLL for (int b = 0; b < blocks; ++b)
      store(partial + i * width + b * kLanes, sum[i][b]);
  fetches = fetch;
}

template <int blocks, int values, int parts>
void gradient_tile_of(std::int64_t wanted, std::int64_t width,
                      const GradientPoints (&points)[parts], float* partial, Fetch& fetch) {
  if constexpr (values > 1) {
    if (wanted < values)
      return gradient_tile_of<blocks, values - 1>(wanted, width, points, partial, fetch);
  }
  gradient_tile<values, blocks>(width, points, partial, fetch);
}

// `count` filter values side by side, in tiles of nearly equal size.
template <int blocks, int limit, int parts>
void gradient_run(std::int64_t count, std::int64_t width, std::int64_t first,
                  const GradientPoints (&points)[parts], float* partial, Fetch& fetch) {
  GradientPoints shifted[parts];
  for (int i = 0; i < parts; ++i) {
    shifted[i] = points[i];
    shifted[i].d += first;
  }
  partial += first;
  for (std::int64_t tiles = (count + limit - 1) / limit; tiles > 0; --tiles) {
    const std::int64_t values = (count + tiles - 1) / tiles;
    gradient_tile_of<blocks, limit>(values, width, shifted, partial, fetch);
    for (GradientPoints& part : shifted) part.x += values;
    partial += values * width;
    count -= values;
  }
}

// The same for all blocks of output channels.
template <int parts>
void gradient_runs(std::int64_t count, std::int64_t blocks, const GradientPoints (&points)[parts],
                   float* partial, Fetch& fetch) {
  const std::int64_t width = blocks * kLanes;
  for (std::int64_t block = 0; block < blocks; block += 2)
    if (block + 1 < blocks)
      gradient_run<2, kGradient2>(count, width, block * kLanes, points, partial, fetch);
    else
      gradient_run<1, kGradient1>(count, width, block * kLanes, points, partial, fetch);
}

template <int vectors, bool whole>
void bias_gradient_blocks(std::int64_t pixels, std::int64_t pixel_step, std::int64_t channels,
                          const float* d, float* into) {
  Vector sum[4][vectors];
  UNROLL for (int i = 0; i < 4; ++i) UNROLL for (int v = 0; v < vectors; ++v) sum[i][v] = zero();
  const auto take = [&](std::int64_t ox, int i) ALWAYS_INLINE_LAMBDA {
    UNROLL for (int v = 0; v < vectors; ++v) sum[i][v] =
        add(sum[i][v], load_channels<whole>(d + ox * pixel_step + v * kLanes, channels));
  };
  std::int64_t ox = 0;
  for (; ox + 4 <= pixels; ox += 4) UNROLL for (int i = 0; i < 4; ++i) take(ox + i, i);
  UNROLL for (int i = 0; i < 3; ++i) if (ox + i < pixels) take(ox + i, i);
  UNROLL for (int v = 0; v < vectors; ++v) {
    const Vector all = add(add(sum[0][v], sum[1][v]), add(sum[2][v], sum[3][v]));
    store(into + v * kLanes, add(load(into + v * kLanes), all));
  }
}

// The order of row_sum in bands.h.
void bias_gradient(std::int64_t pixels, std::int64_t pixel_step, std::int64_t channels,
                   const float* cotangent, float* partial) {
  for_each_block<2>(channels, [&](std::int64_t first, auto blocks) {
    using B = decltype(blocks);
    bias_gradient_blocks<B::vectors, B::whole>(pixels, pixel_step, channels - first,
                                               cotangent + first, partial + first);
  });
}

void conv_filter_row(const RowGradient& c, const RingRows<float>& x, std::int64_t ky_begin,
                     std::int64_t ky_end, const float* cotangent, float* scratch, float* partial,
                     Upcoming& next) {
  Fetch fetch(next);
  constexpr std::int64_t kChunk = 64;  // outputs, so that both operands stay in the first cache
  const std::int64_t width = c.blocks * kLanes;
  const std::int64_t runs = c.dilation == 1 ? 1 : c.kernel_x;
  const std::int64_t run = c.dilation == 1 ? c.kernel_x * c.in_channels : c.in_channels;
  const Segments whole = cut(c, x, ky_end - ky_begin, scratch);
  for (std::int64_t chunk = 0; chunk < c.out_width; chunk += kChunk) {
    const std::int64_t end = chunk + kChunk < c.out_width ? chunk + kChunk : c.out_width;
    for (std::int64_t ky = ky_begin; ky < ky_end; ++ky)
      for (std::int64_t r = 0; r < runs; ++r) {
        GradientPoints points[3];
        for (int i = 0; i < 3; ++i) {
          const Segment& part = whole.part[i];
          const std::int64_t first = part.begin > chunk ? part.begin : chunk;
          const std::int64_t behind = part.end < end ? part.end : end;
          const RingRows<float> rows = part.x.from(ky - ky_begin);
          points[i] = {
              rows.first + (r * c.dilation + (first - part.begin) * c.stride) * c.in_channels,
              c.stride * c.in_channels, cotangent + first * width, width, behind - first};
        }
        gradient_runs(run, c.blocks, points,
                      partial + (ky * c.kernel_x * c.in_channels + r * run) * width, fetch);
      }
  }
  fetch.close();
  if (c.bias)
    bias_gradient(c.out_width, width, width, cotangent,
                  partial + c.kernel_y * c.kernel_x * c.in_channels * width);
}
