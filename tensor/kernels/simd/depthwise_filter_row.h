// Filter gradient of a depthwise convolution: lanes are channels.

// Rows x taps sums of a block of channels stay in registers while a row of outputs streams by. A
// narrow convolution's is the same with one cotangent for all input channels (`shared`).
template <int rows, int taps, bool whole, bool shared>
NEVER_INLINE void depthwise_gradient_tile(const RowGradient& c, const Segment (&parts)[3],
                                          const float* cotangent, std::int64_t channels,
                                          float* partial, Fetch& fetches) {
  Fetch fetch = fetches;  // in registers
  const std::int64_t width = c.blocks * kLanes, step = c.stride * c.in_channels;
  const std::int64_t tap = c.dilation * c.in_channels;
  Vector sum[rows][taps];
  UNROLL for (int r = 0; r < rows; ++r) UNROLL for (int k = 0; k < taps; ++k) sum[r][k] =
      load(partial + (r * c.kernel_x + k) * width);
  for (const Segment& part : parts) {
    const float *row[rows], *d = cotangent + part.begin * c.out_channels;
    UNROLL for (int r = 0; r < rows; ++r) row[r] = part.x.row(r);
    for (std::int64_t ox = part.begin; ox < part.end; ++ox, d += c.out_channels) {
      const Vector gradient = shared ? broadcast(d) : load_channels<whole>(d, channels);
      UNROLL for (int r = 0; r < rows; ++r) {
        UNROLL for (int k = 0; k < taps; ++k) sum[r][k] =
            fma(load_channels<whole>(row[r] + k * tap, channels), gradient, sum[r][k]);
        row[r] += step;
      }
      UNROLL for (int line = 0; line < 2; ++line) fetch.step();  // what a pixel reads anew
    }
  }
  fetches = fetch;
  UNROLL for (int r = 0; r < rows; ++r) UNROLL for (int k = 0; k < taps; ++k)
      store(partial + (r * c.kernel_x + k) * width, sum[r][k]);
}

template <int rows, bool whole, bool shared>
void depthwise_gradient_rows(const RowGradient& c, const Segment (&parts)[3],
                             const float* cotangent, std::int64_t channels, float* partial,
                             Fetch& fetch) {
  Segment shifted[3] = {parts[0], parts[1], parts[2]};
  for (std::int64_t kx = 0, taps; kx < c.kernel_x; kx += taps) {
    taps = c.kernel_x - kx < 3 ? 1 : 3;
    if (taps == 3)
      depthwise_gradient_tile<rows, 3, whole, shared>(c, shifted, cotangent, channels, partial,
                                                      fetch);
    else
      depthwise_gradient_tile<rows, 1, whole, shared>(c, shifted, cotangent, channels, partial,
                                                      fetch);
    for (Segment& part : shifted) part.x.first += taps * c.dilation * c.in_channels;
    partial += taps * c.blocks * kLanes;
  }
}

// One row for all channels of x; shared: of the cotangent's first channel.
template <bool shared>
void depthwise_gradient_row(const RowGradient& c, const Segments& whole, std::int64_t ky_begin,
                            std::int64_t ky_end, const float* cotangent, float* partial,
                            Fetch& fetch) {
  const std::int64_t width = c.blocks * kLanes;
  for_each_block<1>(c.in_channels, [&](std::int64_t first, auto blocks) {
    using B = decltype(blocks);
    const float* const d = shared ? cotangent : cotangent + first;
    for (std::int64_t ky = ky_begin; ky < ky_end;) {
      const std::int64_t rows = ky_end - ky < 3 ? 1 : 3, left = c.in_channels - first;
      Segment parts[3];
      for (int i = 0; i < 3; ++i) {
        parts[i] = whole.part[i];
        parts[i].x = parts[i].x.from(ky - ky_begin).at(first);
      }
      float* into = partial + ky * c.kernel_x * width + first;
      if (rows == 3)
        depthwise_gradient_rows<3, B::whole, shared>(c, parts, d, left, into, fetch);
      else
        depthwise_gradient_rows<1, B::whole, shared>(c, parts, d, left, into, fetch);
      ky += rows;
    }
  });
}

// The same where windows three wide lie side by side: a pixel of the input is
// read once for all its taps, whose cotangents wait in registers, and nothing is copied at the
// borders. The order of each sum is the same. The bias's sums cost least here, where cotangents
// pass.
template <int rows, int vectors, bool whole, bool shared>
struct NeighbourSums {
  const float* row[rows];  // of the pixel that comes next
  std::int64_t step, pixel, width;
  const float* d;  // of the output whose window begins there
  std::int64_t d_step, channels;
  Vector sum[rows][3][vectors], gradient[3][vectors], bias[vectors];

  // Taps first_tap .. end_tap - 1 have an output.
  template <int first_tap, int end_tap>
  ALWAYS_INLINE void add_pixel() {
    UNROLL for (int v = 0; v < vectors; ++v) {
      gradient[2][v] = gradient[1][v];
      gradient[1][v] = gradient[0][v];
      if (first_tap == 0) {
        gradient[0][v] = shared ? broadcast(d) : load_channels<whole>(d + v * kLanes, channels);
        if (!shared) bias[v] = add(bias[v], gradient[0][v]);
      }
    }
    d += d_step;
    const bool inside = pixel >= 0 && pixel < width;
    ++pixel;
    UNROLL for (int r = 0; r < rows; ++r) {
      if (inside || end_tap - first_tap == 3) UNROLL for (int v = 0; v < vectors; ++v) {
          Vector value = load_channels<whole>(row[r] + v * kLanes, channels);
          keep(value);
          UNROLL for (int k = first_tap; k < end_tap; ++k) sum[r][k][v] =
              fma(value, gradient[k][v], sum[r][k][v]);
        }
      row[r] += step;
    }
  }
};

template <int rows, int vectors, bool whole, bool shared>
NEVER_INLINE void neighbours_gradient(const RowGradient& c, const RingRows<float>& x,
                                      const float* cotangent, std::int64_t channels, float* partial,
                                      float* bias, Fetch& fetches) {
  Fetch fetch = fetches;  // in registers
  NeighbourSums<rows, vectors, whole, shared> sums;
  sums.step = c.in_channels, sums.d_step = c.out_channels;
  sums.pixel = -c.pad, sums.width = c.in_width;
  UNROLL for (int r = 0; r < rows; ++r) sums.row[r] = x.row(r) + sums.pixel * sums.step;
  sums.d = cotangent;
  sums.channels = channels;
  const std::int64_t tap = c.blocks * kLanes;
  UNROLL for (int r = 0; r < rows; ++r) UNROLL for (int k = 0; k < 3; ++k)
      UNROLL for (int v = 0; v < vectors; ++v)
          sums.sum[r][k][v] = load(partial + (r * 3 + k) * tap + v * kLanes);
  UNROLL for (int k = 0; k < 3; ++k) UNROLL for (int v = 0; v < vectors; ++v) sums.gradient[k][v] =
      zero();
  UNROLL for (int v = 0; v < vectors; ++v) sums.bias[v] =
      bias == nullptr ? zero() : load(bias + v * kLanes);
  sums.template add_pixel<0, 1>();
  sums.template add_pixel<0, 2>();
  for (std::int64_t ox = 2; ox < c.out_width; ++ox) {
    sums.template add_pixel<0, 3>();
    // What a pixel reads anew. Of many channels, whose rows are shorter, the second cache has more.
    if (vectors > 1)
      fetch.step<2 * vectors>();
    else
      UNROLL for (int line = 0; line < 2; ++line) fetch.step();
  }
  sums.template add_pixel<1, 3>();
  sums.template add_pixel<2, 3>();
  fetches = fetch;
  UNROLL for (int r = 0; r < rows; ++r) UNROLL for (int k = 0; k < 3; ++k)
      UNROLL for (int v = 0; v < vectors; ++v)
          store(partial + (r * 3 + k) * tap + v * kLanes, sums.sum[r][k][v]);
  if (bias == nullptr) return;
  UNROLL for (int v = 0; v < vectors; ++v) store(bias + v * kLanes, sums.bias[v]);
}

// Padding is smaller than the window: two at most on either side.
bool neighbours(const RowGradient& c) {
  return c.kernel_x == 3 && c.stride == 1 && c.dilation == 1 && c.out_width > 1;
}

// One row for all channels of x, as depthwise_gradient_row(). `bias` gets the cotangents' sums,
// unless it is null; there are rows.
template <bool shared>
void neighbours_gradient_row(const RowGradient& c, const RingRows<float>& x, std::int64_t ky_begin,
                             std::int64_t ky_end, const float* cotangent, float* partial,
                             float* bias, Fetch& fetch) {
  for_each_block<kRowBlocks>(c.in_channels, [&](std::int64_t first, auto blocks) {
    using B = decltype(blocks);
    const std::int64_t left = c.in_channels - first;
    const float* const d = shared ? cotangent : cotangent + first;
    for (std::int64_t ky = ky_begin, rows; ky < ky_end; ky += rows) {
      rows = ky_end - ky < 3 ? 1 : 3;
      const RingRows<float> from = x.from(ky - ky_begin).at(first);
      float* const into = partial + ky * 3 * c.blocks * kLanes + first;
      float* const sums = bias == nullptr || ky > ky_begin ? nullptr : bias + first;
      if (rows == 3)
        neighbours_gradient<3, B::vectors, B::whole, shared>(c, from, d, left, into, sums, fetch);
      else
        neighbours_gradient<1, B::vectors, B::whole, shared>(c, from, d, left, into, sums, fetch);
    }
  });
}

// A depthwise bias's sums run along rows as those of its filter do.
void add_cotangents(const RowGradient& c, const float* cotangent, float* bias) {
  for_each_block<1>(c.out_channels, [&](std::int64_t first, auto blocks) {
    using B = decltype(blocks);
    Vector sum = load(bias + first);
    for (std::int64_t ox = 0; ox < c.out_width; ++ox)
      sum = add(sum, load_channels<B::whole>(cotangent + ox * c.out_channels + first,
                                             c.out_channels - first));
    store(bias + first, sum);
  });
}

// Whichever of the two fits.
template <bool shared>
struct DepthwiseGradientRow {
  const RowGradient& c;
  RingRows<float> x;
  std::int64_t ky_begin, ky_end;
  Segments whole;

  DepthwiseGradientRow(const RowGradient& c, const RingRows<float>& x, std::int64_t ky_begin,
                       std::int64_t ky_end, float* scratch)
      : c(c), x(x), ky_begin(ky_begin), ky_end(ky_end) {
    if (!neighbours(c)) whole = cut(c, x, ky_end - ky_begin, scratch);
  }
  void add(const float* cotangent, float* partial, float* bias, Fetch& fetch) const {
    if (neighbours(c) && ky_begin < ky_end)
      return neighbours_gradient_row<shared>(c, x, ky_begin, ky_end, cotangent, partial, bias,
                                             fetch);
    if (!neighbours(c))
      depthwise_gradient_row<shared>(c, whole, ky_begin, ky_end, cotangent, partial, fetch);
    if (bias != nullptr) add_cotangents(c, cotangent, bias);
  }
};

void depthwise_filter_row(const RowGradient& c, const RingRows<float>& x, std::int64_t ky_begin,
                          std::int64_t ky_end, const float* cotangent, float* scratch,
                          float* partial, Upcoming& next) {
  Fetch fetch(next);
  float* const bias = c.bias ? partial + c.kernel_y * c.kernel_x * c.blocks * kLanes : nullptr;
  DepthwiseGradientRow<false>(c, x, ky_begin, ky_end, scratch).add(cotangent, partial, bias, fetch);
  fetch.close();
}

void narrow_filter_row(const RowGradient& c, const RingRows<float>& x, std::int64_t ky_begin,
                       std::int64_t ky_end, const float* cotangent, float* scratch, float* partial,
                       Upcoming& next) {
  Fetch fetch(next);
  const DepthwiseGradientRow<true> row(c, x, ky_begin, ky_end, scratch);
  const std::int64_t one = c.kernel_y * c.kernel_x * c.blocks * kLanes;  // output channel's filter
  for (std::int64_t o = 0; o < c.out_channels; ++o, partial += one)
    row.add(cotangent + o, partial, nullptr, fetch);
  fetch.close();
  if (c.bias) bias_gradient(c.out_width, c.out_channels, c.out_channels, cotangent, partial);
}
