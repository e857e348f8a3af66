// Direct convolution: lanes are output channels, `pixels` pixels by `blocks` vectors of sums stay
// in registers; each step loads the weights of one tap and input channel and broadcasts one input
// value per pixel.

struct Tile {
  const RingRows<float>* x;  // rows of ky_begin and behind it
  std::int64_t first, rows;  // where tap 0 of the first pixel lies in them; how many they are
  const float* filter;       // of the block and ky_begin
  const float* bias;
  float *y, *streamed;  // of RowDestination
  std::int64_t last;    // channels in the last vector
  const float* added = nullptr;
};

ALWAYS_INLINE float* from(float* row, std::int64_t offset) {
  return row == nullptr ? nullptr : row + offset;
}

// Any kernel, stride and dilation: one tap at a time.
template <int pixels, int blocks>
ALWAYS_INLINE void add_row(const RowConvolution& c, const float* row, const float*& w,
                           Vector (&sum)[pixels][blocks]) {
  const std::int64_t tap = c.dilation * c.in_channels, kernel = c.kernel_x;
  PixelPointers<float, pixels> x(row, c.stride * c.in_channels);
  for (std::int64_t ci = 0; ci < c.in_channels; ++ci) {
    for (std::int64_t kx = 0; kx < kernel; ++kx) {
      Vector weight[blocks];
      UNROLL for (int b = 0; b < blocks; ++b) weight[b] = load(w + b * kLanes);
      UNROLL for (int p = 0; p < pixels; ++p) {
        const Vector value = broadcast(x.at(p));
        UNROLL for (int b = 0; b < blocks; ++b) sum[p][b] = fma(value, weight[b], sum[p][b]);
      }
      w += blocks * kLanes;
      x.advance(tap);
    }
    x.advance(1 - kernel * tap);
  }
}

// `taps` taps, neighbours in the image as the pixels are: a value is read once for all of them.
// Pixels go in groups, so that the steps of one sum are apart by more than their latency.
// `channels`: of the input, 0 where that is known only now.
template <int taps, int channels, int pixels, int blocks>
ALWAYS_INLINE void add_row_dense(const RowConvolution& c, const float* row, const float*& w,
                                 Vector (&sum)[pixels][blocks], Fetch& fetch) {
  constexpr int kGroup = blocks == 1 ? kTileGroup : 1;
  auto x = pixels_of<channels, pixels + taps - 1>(row, c.in_channels);
  const std::int64_t in_channels = channels == 0 ? c.in_channels : channels;
  for (std::int64_t ci = 0; ci < in_channels; ++ci) {
    Vector weight[taps][blocks], value[pixels + taps - 1];
    UNROLL for (int k = 0; k < taps; ++k) UNROLL for (int b = 0; b < blocks; ++b) weight[k][b] =
        load(w + (k * blocks + b) * kLanes);
    UNROLL for (int p = 0; p < taps - 1; ++p) value[p] = broadcast(x.at(p));
    UNROLL for (int p = 0; p < pixels; p += kGroup) {
      const int end = p + kGroup < pixels ? p + kGroup : pixels;
      UNROLL for (int q = p; q < end; ++q) value[q + taps - 1] = broadcast(x.at(q + taps - 1));
      UNROLL for (int k = 0; k < taps; ++k) UNROLL for (int q = p; q < end; ++q)
          UNROLL for (int b = 0; b < blocks; ++b) sum[q][b] =
              fma(value[q + k], weight[k][b], sum[q][b]);
    }
    w += taps * blocks * kLanes;
    x.advance(1);
    if constexpr (taps == 1)
      fetch.step_near();
    else
      fetch.step();
  }
}

template <int pixels, int blocks, int taps, int channels = 0>
void conv_tile(const RowConvolution& c, const Tile& t, Fetch& fetches) {
  Fetch fetch = fetches;  // in registers
  Vector sum[pixels][blocks];
  UNROLL for (int b = 0; b < blocks; ++b) {
    const Vector bias = load(t.bias + b * kLanes);
    UNROLL for (int p = 0; p < pixels; ++p) sum[p][b] = bias;
  }
  const float *w = t.filter, *row = t.x->first + t.first;
  for (std::int64_t ky = 0; ky < t.rows; row = t.x->below(row, ky++)) {
    if constexpr (taps == 0)
      add_row(c, row, w, sum);
    else
      add_row_dense<taps, channels>(c, row, w, sum, fetch);
  }
  fetches = fetch;
  // Adding +0 turns -0 into +0, whatever border taps contributed.
  UNROLL for (int p = 0; p < pixels; ++p) UNROLL for (int b = 0; b < blocks; ++b) sum[p][b] =
      add(sum[p][b], zero());
  if (c.relu)
    UNROLL for (int p = 0; p < pixels; ++p) UNROLL for (int b = 0; b < blocks; ++b) sum[p][b] =
        positive(sum[p][b]);
  // Copies: what is stored might otherwise change the originals.
  const std::int64_t step = c.out_pixel_step, last = t.last;
  float *const streamed = t.streamed, *const y = t.y;
  if (streamed != nullptr)
    UNROLL for (int p = 0; p < pixels; ++p) UNROLL for (int b = 0; b < blocks; ++b)
        stream(streamed + p * step + b * kLanes, sum[p][b]);
  if (y == nullptr) return;
  UNROLL for (int p = 0; p < pixels; ++p) {
    UNROLL for (int b = 0; b + 1 < blocks; ++b) store(y + p * step + b * kLanes, sum[p][b]);
    float* const end = y + p * step + (blocks - 1) * kLanes;
    if (last == kLanes)
      store(end, sum[p][blocks - 1]);
    else
      store_first(end, sum[p][blocks - 1], last);
  }
}

static_assert(kTile1 <= kMaxTile && kTile2 <= kMaxTile && kPoint1 <= kMaxTile &&
              kPoint2 <= kMaxTile);

// The most pixels of a tile, by its blocks; of one tap.
constexpr int whole_tile(int blocks) {
  return blocks == 1 ? kTile1 : kTile2;
}
constexpr int whole_point(int blocks) {
  return blocks == 1 ? kPoint1 : kPoint2;
}

// Picks the instance with the number of pixels that is known only now. Kernels 1 and, where
// there are registers for the weights of three taps, 3 wide have their own for wide tiles, and one
// tap of usual numbers of channels for whole ones.
template <int blocks, int pixels>
void conv_tile_of(std::int64_t wanted, const RowConvolution& c, const Tile& t, Fetch& fetch) {
  if constexpr (pixels > 1) {
    if (wanted < pixels) return conv_tile_of<blocks, pixels - 1>(wanted, c, t, fetch);
  }
  constexpr bool wide = 2 * pixels >= whole_tile(blocks);
  if constexpr (pixels == whole_point(blocks)) {
    if (c.stride == 1 && c.kernel_x == 1) switch (c.in_channels) {
        case 16:
          return conv_tile<pixels, blocks, 1, 16>(c, t, fetch);
        case 32:
          return conv_tile<pixels, blocks, 1, 32>(c, t, fetch);
        case 64:
          return conv_tile<pixels, blocks, 1, 64>(c, t, fetch);
        default:
          break;
      }
  }
  if constexpr (wide && pixels <= whole_point(blocks)) {
    if (c.stride == 1 && c.kernel_x == 1) return conv_tile<pixels, blocks, 1>(c, t, fetch);
  }
  if constexpr (wide && kTapsStay) {
    if (c.stride == 1 && c.kernel_x == 3 && c.dilation == 1)
      return conv_tile<pixels, blocks, 3>(c, t, fetch);
  }
  conv_tile<pixels, blocks, 0>(c, t, fetch);
}

void conv_row(const RowConvolution& c, const RingRows<float>& x, std::int64_t ky_begin,
              std::int64_t ky_end, float* scratch, Upcoming& next, const RowDestination& y) {
  const std::int64_t extent = (c.kernel_x - 1) * c.dilation + 1, rows = ky_end - ky_begin;
  const std::int64_t run = c.kernel_x * c.in_channels * kLanes;  // weights of one ky and block
  const int blocks = c.blocks == 1 ? 1 : 2;
  const std::int64_t limit = c.kernel_x == 1 ? whole_point(blocks) : whole_tile(blocks);
  std::int64_t tiles = (c.out_width + limit - 1) / limit;
  Fetch fetch(next);
  RingRows<float> copies;
  Tile t;
  t.rows = rows;
  for (std::int64_t ox = 0, pixels = 0; ox < c.out_width; ox += pixels, --tiles) {
    const std::int64_t left = c.out_width - ox;
    // Tiles of nearly equal width: none is so narrow that it waits for its own sums. One tap has
    // its best instances for whole tiles.
    pixels = c.kernel_x == 1 ? (left < limit ? left : limit) : (left + tiles - 1) / tiles;
    const std::int64_t start = ox * c.stride - c.pad, reads = (pixels - 1) * c.stride + extent;
    if (start >= 0 && start + reads <= c.in_width) {
      t.x = &x;
      t.first = start * c.in_channels;
    } else {
      copies = copy_padded(x, rows, c.in_width, c.in_channels, start, reads, scratch);
      t.x = &copies;
      t.first = 0;
    }
    for (std::int64_t block = 0; block < c.blocks; block += 2) {
      const std::int64_t first = block * kLanes, channels = c.out_channels - first;
      t.bias = c.bias + first;
      t.y = from(y.cached, ox * c.out_pixel_step + first);
      t.streamed = from(y.streamed, ox * c.out_pixel_step + first);
      t.filter = c.filter + block * c.kernel_y * run;
      if (channels > kLanes) {
        t.filter += 2 * ky_begin * run;
        t.last = channels >= 2 * kLanes ? kLanes : channels - kLanes;
        conv_tile_of<2, kTile2>(pixels, c, t, fetch);
      } else {
        t.filter += ky_begin * run;
        t.last = channels;
        conv_tile_of<1, kTile1>(pixels, c, t, fetch);
      }
    }
  }
  fetch.close();
  if (y.streamed != nullptr) finish_streaming();
}
