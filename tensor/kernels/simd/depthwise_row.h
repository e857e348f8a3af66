// Depthwise convolution: lanes are channels, the same in input and output.

template <int pixels, bool whole>
void depthwise_tile(const RowConvolution& c, const Tile& t) {
  Vector sum[pixels];
  const Vector bias = load(t.bias);
  UNROLL for (int p = 0; p < pixels; ++p) sum[p] = bias;
  const std::int64_t step = c.stride * c.in_channels, tap = c.dilation * c.in_channels;
  const float *w = t.filter, *row = t.x->first + t.first;
  for (std::int64_t ky = 0; ky < t.rows; row = t.x->below(row, ky++)) {
    const float* x = row;
    for (std::int64_t kx = 0; kx < c.kernel_x; ++kx, x += tap, w += c.blocks * kLanes) {
      const Vector weight = load(w);
      UNROLL for (int p = 0; p < pixels; ++p) sum[p] =
          fma(load_channels<whole>(x + p * step, t.last), weight, sum[p]);
    }
  }
  UNROLL for (int p = 0; p < pixels; ++p) sum[p] = add(sum[p], zero());
  if (c.relu) UNROLL for (int p = 0; p < pixels; ++p) sum[p] = positive(sum[p]);
  // Copies: what is stored might otherwise change the originals.
  const std::int64_t out_step = c.out_pixel_step, last = t.last;
  if (t.added != nullptr)
    UNROLL for (int p = 0; p < pixels; ++p) sum[p] =
        add(sum[p], load_channels<whole>(t.added + p * out_step, last));
  float* const y = t.y;
  UNROLL for (int p = 0; p < pixels; ++p) store_channels<whole>(y + p * out_step, sum[p], last);
}

template <bool whole, int pixels>
void depthwise_tile_of(std::int64_t wanted, const RowConvolution& c, const Tile& t) {
  if constexpr (pixels > 1) {
    if (wanted < pixels) return depthwise_tile_of<whole, pixels - 1>(wanted, c, t);
  }
  depthwise_tile<pixels, whole>(c, t);
}

template <bool whole>
void depthwise_tiles(const RowConvolution& c, Tile t, std::int64_t pixels) {
  while (pixels > 0) {
    const std::int64_t tile = pixels < kDepthwiseTile ? pixels : kDepthwiseTile;
    depthwise_tile_of<whole, kDepthwiseTile>(tile, c, t);
    t.first += tile * c.stride * c.in_channels;
    t.y += tile * c.out_pixel_step;
    if (t.added != nullptr) t.added += tile * c.out_pixel_step;
    pixels -= tile;
  }
}

// Windows three wide of neighbouring pixels: the weights of `rows` rows and `vectors` blocks stay
// in registers while the pixels go by, so that a step is one load. Pixels do not wait for each
// other. Of many channels two vectors are a pair of cache lines: where rows are in the second
// cache, 1.6 times as fast as each by itself.
template <int rows, int vectors, bool adds>
NEVER_INLINE void depthwise_run(const RowConvolution& c, const Tile& t, std::int64_t pixels,
                                Fetch& fetches) {
  Fetch fetch = fetches;  // in registers
  Vector weight[rows][3][vectors], bias[vectors];
  UNROLL for (int v = 0; v < vectors; ++v) {
    const float* const w = t.filter + v * kLanes;
    UNROLL for (int r = 0; r < rows; ++r) UNROLL for (int k = 0; k < 3; ++k) weight[r][k][v] =
        load(w + (r * 3 + k) * c.blocks * kLanes);
    bias[v] = load(t.bias + v * kLanes);
  }
  const std::int64_t step = c.in_channels, out_step = c.out_pixel_step;
  const bool relu = c.relu;
  const float* row[rows];
  UNROLL for (int r = 0; r < rows; ++r) {
    row[r] = t.x->row(r) + t.first;
    asm("" : "+r"(row[r]));  // or compilers keep a pointer for each row and tap, and spill them
  }
  float* y = t.y;
  const float* added = t.added;
  for (std::int64_t p = 0; p < pixels; ++p, y += out_step) {
    Vector sum[vectors];
    UNROLL for (int v = 0; v < vectors; ++v) sum[v] = bias[v];
    UNROLL for (int r = 0; r < rows; ++r) {
      UNROLL for (int k = 0; k < 3; ++k) UNROLL for (int v = 0; v < vectors; ++v) sum[v] =
          fma(load(row[r] + k * step + v * kLanes), weight[r][k][v], sum[v]);
      row[r] += step;
    }
    UNROLL for (int v = 0; v < vectors; ++v) {
      sum[v] = add(sum[v], zero());
      sum[v] = relu ? positive(sum[v]) : sum[v];
      if (adds) sum[v] = add(sum[v], load(added + v * kLanes));
      store(y + v * kLanes, sum[v]);
      fetch.step();
    }
    if (adds) added += out_step;
  }
  fetches = fetch;
}

template <int vectors, bool whole>
void depthwise_blocks(const RowConvolution& c, const Tile& t, std::int64_t pixels, Fetch& fetch) {
  const bool run = whole && c.kernel_x == 3 && c.stride == 1 && c.dilation == 1;
  if (run && t.rows == 3 && t.added != nullptr)
    return depthwise_run<3, vectors, true>(c, t, pixels, fetch);
  if (run && t.rows == 3) return depthwise_run<3, vectors, false>(c, t, pixels, fetch);
  if (run && t.rows == 2 && t.added == nullptr)
    return depthwise_run<2, vectors, false>(c, t, pixels, fetch);
  Tile one = t;
  for (int v = 0; v < vectors; ++v) {
    depthwise_tiles<whole>(c, one, pixels);
    one.first += kLanes, one.filter += kLanes, one.bias += kLanes, one.y += kLanes;
    if (one.added != nullptr) one.added += kLanes;
  }
}

// Outputs that are computed together from output ox on: some of those that meet the left border, or
// none, or the right border. What is copied, or put together to be streamed, is kMaxTile at most,
// and so is what a block reads that further blocks will read from the same lines of the cache.
std::int64_t depthwise_piece(const RowConvolution& c, std::int64_t extent, std::int64_t ox,
                             bool streams) {
  const std::int64_t inside = c.in_width + c.pad - extent;  // of the last window's start
  const std::int64_t begin = (c.pad + c.stride - 1) / c.stride;
  const std::int64_t end = inside < 0 ? 0 : inside / c.stride + 1;
  const bool inner = ox >= begin && ox < end;
  const std::int64_t edge = ox < begin ? begin : inner ? end : c.out_width;
  const std::int64_t left = (edge < c.out_width ? edge : c.out_width) - ox;
  if (inner && !streams && (kRowBlocks > 1 || c.blocks == 1)) return left;
  const std::int64_t pieces = (left + kMaxTile - 1) / kMaxTile;
  return (left + pieces - 1) / pieces;
}

void depthwise_row(const RowConvolution& c, const RingRows<float>& x, std::int64_t ky_begin,
                   std::int64_t ky_end, float* scratch, Upcoming& next, const RowDestination& y) {
  const std::int64_t extent = (c.kernel_x - 1) * c.dilation + 1;
  Fetch fetch(next);
  // What goes to memory only is put together here.
  float* const whole_tile =
      scratch + c.kernel_y * ((kMaxTile - 1) * c.stride + extent) * c.in_channels;
  RingRows<float> copies;
  Tile t;
  t.rows = ky_end - ky_begin;
  for (std::int64_t ox = 0, pixels = 0; ox < c.out_width; ox += pixels) {
    pixels = depthwise_piece(c, extent, ox, y.cached == nullptr);
    const std::int64_t start = ox * c.stride - c.pad, reads = (pixels - 1) * c.stride + extent;
    const bool inside = start >= 0 && start + reads <= c.in_width;
    if (!inside) copies = copy_padded(x, t.rows, c.in_width, c.in_channels, start, reads, scratch);
    t.x = inside ? &x : &copies;
    float* const into = y.cached == nullptr ? whole_tile : y.cached + ox * c.out_pixel_step;
    for_each_block<kRowBlocks>(c.out_channels, [&](std::int64_t first, auto blocks) {
      using B = decltype(blocks);
      t.first = (inside ? start * c.in_channels : 0) + first;
      t.filter = c.filter + ky_begin * c.kernel_x * c.blocks * kLanes + first;
      t.bias = c.bias + first;
      t.y = into + first;
      t.last = c.out_channels - first;
      t.added = y.added == nullptr ? nullptr : y.added + ox * c.out_pixel_step + first;
      depthwise_blocks<B::vectors, B::whole>(c, t, pixels, fetch);
    });
    // In whole lines of the cache: half a line on its way to memory would wait for the other half.
    if (y.streamed != nullptr)
      for (std::int64_t i = 0; i < pixels * c.out_channels; i += kLanes)
        stream(y.streamed + ox * c.out_channels + i, load(into + i));
  }
  fetch.close();
  if (y.streamed != nullptr) finish_streaming();
}
