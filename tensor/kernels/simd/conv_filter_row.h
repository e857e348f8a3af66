// Filter gradient of a convolution: lanes are output channels, `values` filter values that lie side
// by side in the window (kx, ci) by `blocks` vectors stay in registers while a row streams by.

template <int values, int blocks>
void gradient_tile(const RowGradient& c, const Segment (&parts)[3], const float* cotangent,
                   float* partial, Fetch& fetches) {
  Fetch fetch = fetches;  // in registers
  const std::int64_t width = c.blocks * kLanes, step = c.stride * c.in_channels;
  Vector sum[values][blocks];
  UNROLL for (int i = 0; i < values; ++i) UNROLL for (int b = 0; b < blocks; ++b) sum[i][b] =
      load(partial + i * width + b * kLanes);
  for (const Segment& part : parts) {
    const float *x = part.x.first, *d = cotangent + part.begin * width;
    for (std::int64_t ox = part.begin; ox < part.end; ++ox, x += step, d += width) {
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

template <int blocks, int values>
void gradient_tile_of(std::int64_t wanted, const RowGradient& c, const Segment (&parts)[3],
                      const float* cotangent, float* partial, Fetch& fetch) {
  if constexpr (values > 1) {
    if (wanted < values)
      return gradient_tile_of<blocks, values - 1>(wanted, c, parts, cotangent, partial, fetch);
  }
  gradient_tile<values, blocks>(c, parts, cotangent, partial, fetch);
}

// `count` filter values side by side, in tiles of nearly equal size.
template <int blocks, int limit>
void gradient_run(std::int64_t count, const RowGradient& c, const Segment (&parts)[3],
                  const float* cotangent, float* partial, Fetch& fetch) {
  Segment shifted[3] = {parts[0], parts[1], parts[2]};
  for (std::int64_t tiles = (count + limit - 1) / limit; tiles > 0; --tiles) {
    const std::int64_t values = (count + tiles - 1) / tiles;
    gradient_tile_of<blocks, limit>(values, c, shifted, cotangent, partial, fetch);
    for (Segment& part : shifted) part.x.first += values;
    partial += values * c.blocks * kLanes;
    count -= values;
  }
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
        Segment parts[3];
        for (int i = 0; i < 3; ++i) {
          const Segment& part = whole.part[i];
          parts[i].begin = part.begin > chunk ? part.begin : chunk;
          parts[i].end = part.end < end ? part.end : end;
          parts[i].x =
              part.x.from(ky - ky_begin)
                  .at((r * c.dilation + (parts[i].begin - part.begin) * c.stride) * c.in_channels);
        }
        float* into = partial + (ky * c.kernel_x * c.in_channels + r * run) * width;
        for (std::int64_t block = 0; block < c.blocks; block += 2) {
          const std::int64_t first = block * kLanes;
          if (block + 1 < c.blocks)
            gradient_run<2, kGradient2>(run, c, parts, cotangent + first, into + first, fetch);
          else
            gradient_run<1, kGradient1>(run, c, parts, cotangent + first, into + first, fetch);
        }
      }
  }
  fetch.close();
  if (c.bias)
    bias_gradient(c.out_width, width, width, cotangent,
                  partial + c.kernel_y * c.kernel_x * c.in_channels * width);
}
