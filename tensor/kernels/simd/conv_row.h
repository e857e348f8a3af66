// Direct convolution: lanes are output channels, `pixels` pixels by `blocks` vectors of sums stay
// in registers; each step loads the weights of one tap and input channel and broadcasts one input
// value per pixel.

struct Tile {
  const float* x;  // tap 0 of the first pixel, in the row of ky_begin
  std::int64_t row_step, rows;
  const float* filter;  // of the block and ky_begin
  const float* bias;
  float* y;
  std::int64_t last;  // channels in the last vector
};

template <int pixels, int blocks>
void conv_tile(const RowConvolution& c, const Tile& t) {
  Vector sum[pixels][blocks];
  UNROLL for (int b = 0; b < blocks; ++b) {
    const Vector bias = load(t.bias + b * kLanes);
    UNROLL for (int p = 0; p < pixels; ++p) sum[p][b] = bias;
  }
  const std::int64_t step = c.stride * c.in_channels, tap = c.dilation * c.in_channels;
  const float* w = t.filter;
  for (std::int64_t ky = 0; ky < t.rows; ++ky)
    for (std::int64_t ci = 0; ci < c.in_channels; ++ci) {
      const float* x = t.x + ky * t.row_step + ci;
      for (std::int64_t kx = 0; kx < c.kernel_x; ++kx, x += tap, w += blocks * kLanes) {
        Vector weight[blocks];
        UNROLL for (int b = 0; b < blocks; ++b) weight[b] = load(w + b * kLanes);
        UNROLL for (int p = 0; p < pixels; ++p) {
          const Vector value = broadcast(x + p * step);
          UNROLL for (int b = 0; b < blocks; ++b) sum[p][b] = fma(value, weight[b], sum[p][b]);
        }
      }
    }
  // Adding +0 turns -0 into +0, whatever border taps contributed.
  UNROLL for (int p = 0; p < pixels; ++p) {
    float* y = t.y + p * c.out_pixel_step;
    UNROLL for (int b = 0; b < blocks; ++b) {
      const Vector total = add(sum[p][b], zero());
      if (b + 1 < blocks || t.last == kLanes)
        store(y + b * kLanes, total);
      else
        store_first(y + b * kLanes, total, t.last);
    }
  }
}

// Picks the instance with the number of pixels that is known only now.
template <int blocks, int pixels>
void conv_tile_of(std::int64_t wanted, const RowConvolution& c, const Tile& t) {
  if constexpr (pixels > 1) {
    if (wanted < pixels) return conv_tile_of<blocks, pixels - 1>(wanted, c, t);
  }
  conv_tile<pixels, blocks>(c, t);
}

void conv_row(const RowConvolution& c, const float* x, std::int64_t ky_begin, std::int64_t ky_end,
              float* scratch, float* y) {
  const std::int64_t extent = (c.kernel_x - 1) * c.dilation + 1, rows = ky_end - ky_begin;
  const std::int64_t run = c.kernel_x * c.in_channels * kLanes;  // weights of one ky and block
  const std::int64_t limit = c.blocks == 1 ? kTile1 : kTile2;
  const std::int64_t tiles = (c.out_width + limit - 1) / limit;
  Tile t;
  t.rows = rows;
  std::int64_t ox = 0;
  for (std::int64_t tile = 0; tile < tiles; ++tile) {
    // Tiles of nearly equal width: none is so narrow that it waits for its own sums.
    const std::int64_t pixels = (c.out_width - ox + (tiles - tile) - 1) / (tiles - tile);
    const std::int64_t start = ox * c.stride - c.pad, reads = (pixels - 1) * c.stride + extent;
    if (start >= 0 && start + reads <= c.in_width) {
      t.x = x + start * c.in_channels;
      t.row_step = c.row_step;
    } else {
      t.x = scratch;
      t.row_step = reads * c.in_channels;
      for (std::int64_t row = 0; row < rows; ++row)
        copy_padded(x + row * c.row_step, c.in_width, c.in_channels, start, reads,
                    scratch + row * t.row_step);
    }
    for (std::int64_t block = 0; block < c.blocks; block += 2) {
      const std::int64_t first = block * kLanes, left = c.out_channels - first;
      t.bias = c.bias + first;
      t.y = y + ox * c.out_pixel_step + first;
      t.filter = c.filter + block * c.kernel_y * run;
      if (left > kLanes) {
        t.filter += 2 * ky_begin * run;
        t.last = left >= 2 * kLanes ? kLanes : left - kLanes;
        conv_tile_of<2, kTile2>(pixels, c, t);
      } else {
        t.filter += ky_begin * run;
        t.last = left;
        conv_tile_of<1, kTile1>(pixels, c, t);
      }
    }
    ox += pixels;
  }
}
