// Depthwise convolution. A group holds kGroup rows of one channel in one column: three rows and
// three taps along x are three steps. Rows are interleaved a segment at a time, into "planes" of
// four channels: [pixel][4 channels][kGroup rows], 16 bytes a pixel, so that any kPixels
// neighbouring pixels are one vector.
constexpr int kPixels = kLanes / 4;
constexpr int kSegment = 64;
static_assert(kSegment % kPixels == 0);

// planes: [row_groups][kGroup][segment_pixels][16 bytes], of which `pixels` are filled. Rows beyond
// the kernel's last have zeros for weights, so the last one stands in for them.
ALWAYS_INLINE void interleave_rows(const DepthwiseRow& c, const std::uint8_t* const* rows,
                                   std::int64_t offset, std::int64_t pixels, std::uint8_t* planes) {
  const std::int64_t plane_bytes = c.segment_pixels * 16;
  for (std::int64_t g = 0; g < c.row_groups; ++g, planes += kGroup * plane_bytes) {
    const std::uint8_t* row[kGroup];
    for (int i = 0; i < kGroup; ++i) {
      const std::int64_t ky = g * kGroup + i < c.kernel_y ? g * kGroup + i : c.kernel_y - 1;
      row[i] = rows[ky] + offset;
    }
    for (std::int64_t at = 0; at < pixels * 16; at += kPixels * 16) {
      Vector codes[kGroup], plane[kGroup];
      UNROLL for (int i = 0; i < kGroup; ++i) codes[i] = load(row[i] + at);
      interleave(codes, plane);
      UNROLL for (int i = 0; i < kGroup; ++i) store(planes + i * plane_bytes + at, plane[i]);
    }
  }
}

ALWAYS_INLINE void load_weights(const std::int8_t* filter, Vector (&weight)[kGroup]) {
  UNROLL for (int i = 0; i < kGroup; ++i) weight[i] = load(filter + i * kLanes * 4);
}
ALWAYS_INLINE void store_sums(std::int32_t* sums, const Vector (&sum)[kGroup]) {
  UNROLL for (int i = 0; i < kGroup; ++i) store(sums + i * kLanes, sum[i]);
}

// The sums of a segment of one block: [outputs / kPixels][planes][lanes]. Any kernel, stride and
// dilation.
void depthwise_sums(const DepthwiseRow& c, const std::uint8_t* planes, std::int64_t outputs,
                    const std::int8_t* filter, const std::int32_t* bias, std::int32_t* sums) {
  const std::int64_t plane_bytes = c.segment_pixels * 16, step = c.stride * 16;
  for (std::int64_t ox = 0; ox < outputs; ox += kPixels, sums += kGroup * kLanes) {
    Vector sum[kGroup], weight[kGroup];
    UNROLL for (int i = 0; i < kGroup; ++i) sum[i] = load(bias + i * kLanes);
    const std::int8_t* w = filter;
    const std::uint8_t* rows = planes + ox * step;
    for (std::int64_t g = 0; g < c.row_groups; ++g, rows += kGroup * plane_bytes)
      for (std::int64_t kx = 0; kx < c.kernel_x; ++kx, w += kGroup * kLanes * 4) {
        const std::uint8_t* x = rows + kx * c.dilation * 16;
        load_weights(w, weight);
        UNROLL for (int i = 0; i < kGroup; ++i)
            add_products(sum[i], load_pixels(x + i * plane_bytes, step), weight[i]);
      }
    store_sums(sums, sum);
  }
}

// Three neighbouring taps of `row_groups` groups of rows: the weights stay in registers. With a
// quick way the codes too, unless they must be computed from the sums: then it returns true.
template <int row_groups, Quick quick>
bool depthwise_sums_3(const DepthwiseRow& c, const std::uint8_t* planes, std::int64_t outputs,
                      const std::int8_t* filter, const std::int32_t* bias, const float* factors,
                      std::int32_t* sums, std::int8_t* output) {
  const std::int64_t plane_bytes = c.segment_pixels * 16;
  Vector weight[row_groups * 3][kGroup], first[kGroup];
  UNROLL for (int k = 0; k < row_groups * 3; ++k)
      load_weights(filter + k * kGroup * kLanes * 4, weight[k]);
  UNROLL for (int i = 0; i < kGroup; ++i) first[i] = load(bias + i * kLanes);
  QuickStage<quick, kGroup> stage(c.stage, factors);
  for (std::int64_t ox = 0; ox < outputs; ox += kPixels, sums += kGroup * kLanes) {
    Vector sum[kGroup];
    UNROLL for (int i = 0; i < kGroup; ++i) sum[i] = first[i];
    UNROLL for (int g = 0; g < row_groups; ++g) UNROLL for (int kx = 0; kx < 3; ++kx)
        UNROLL for (int i = 0; i < kGroup; ++i) {
      const std::uint8_t* x = planes + (g * kGroup + i) * plane_bytes + (ox + kx) * 16;
      add_products(sum[i], load(x), weight[g * 3 + kx][i]);
    }
    store_sums(sums, sum);
    if constexpr (quick != Quick::none)
      store_pixels(output + ox * c.out_channels, c.out_channels, stage.codes(sum, 0));
  }
  return quick == Quick::none || stage.unclear();
}

ALWAYS_INLINE Vector pack_planes(const Vector (&v)[kGroup], const Bounds& bounds) {
  return pack_codes({v[0], v[1], v[kGroup - 2], v[kGroup - 1]}, bounds);
}

// `channels` channels, at most a block, of `outputs` pixels.
template <Finish finish>
void requantize_planes(const OutputStage& stage, const std::int32_t* scales,
                       const std::int32_t* sums, std::int64_t outputs, std::int64_t channels,
                       std::int8_t* output, std::int64_t step) {
  const Bounds bounds = make_bounds(stage.low, stage.high);
  const Vector zero_point = splat(stage.zero_point);
  Vector scale[kGroup][kScaleRows], codes[kGroup];
  UNROLL for (int i = 0; i < kGroup; ++i) load_scale(scales + i * kScaleRows * kLanes, scale[i]);
  for (std::int64_t ox = 0; ox < outputs; ox += kPixels, sums += kGroup * kLanes) {
    UNROLL for (int i = 0; i < kGroup; ++i) codes[i] =
        rescaled<finish>(load(sums + i * kLanes), scale[i], zero_point);
    std::int8_t* to = output + ox * step;
    if (channels == 4 * kGroup && ox + kPixels <= outputs) {
      store_pixels(to, step, pack_planes(codes, bounds));
      continue;
    }
    std::int8_t last[kPixels * 4 * kGroup];
    store_pixels(last, 4 * kGroup, pack_planes(codes, bounds));
    for (int p = 0; p < kPixels && ox + p < outputs; ++p)
      std::memcpy(to + p * step, last + p * 4 * kGroup, static_cast<std::size_t>(channels));
  }
}

void depthwise_row(const DepthwiseRow& c, const std::uint8_t* const* rows, const std::int8_t* next,
                   std::uint8_t* planes, std::int32_t* sums, std::int8_t* output) {
  const std::int64_t extent = (c.kernel_x - 1) * c.dilation + 1;
  constexpr int kRowGroups = (3 + kGroup - 1) / kGroup;  // of a 3x3 kernel
  const bool three =
      c.kernel_x == 3 && c.stride == 1 && c.dilation == 1 && c.row_groups == kRowGroups;
  for (std::int64_t ox = 0; ox < c.out_width; ox += kSegment) {
    const std::int64_t left = c.out_width - ox, outputs = left < kSegment ? left : kSegment;
    const std::int64_t whole = (outputs + kPixels - 1) / kPixels * kPixels;
    const std::int64_t pixels = (whole - 1) * c.stride + extent;
    fetch(next, ox * c.stride * c.out_channels, (ox + outputs) * c.stride * c.out_channels);
    for (std::int64_t block = 0; block < c.blocks; ++block) {
      const std::int64_t vector = block * kGroup, first = 4 * vector;
      const std::int64_t rest = c.out_channels - first;
      const std::int8_t* filter = c.filter + vector * c.row_groups * c.kernel_x * kLanes * 4;
      const std::int32_t* bias = c.bias + vector * kLanes;
      const std::int32_t* scales = c.stage.scales + vector * kScaleRows * kLanes;
      interleave_rows(c, rows, (block * c.in_pixels + ox * c.stride) * 16, pixels, planes);
      bool unclear = true;
      if (three)
        unclear = with_quick(rest >= 4 * kGroup && whole == outputs ? c.stage.quick : Quick::none,
                             [&](auto constant) {
                               return depthwise_sums_3<kRowGroups, decltype(constant)::value>(
                                   c, planes, outputs, filter, bias,
                                   c.stage.factors + vector * kQuickRows * kLanes, sums,
                                   output + ox * c.out_channels + first);
                             });
      else
        depthwise_sums(c, planes, outputs, filter, bias, sums);
      if (!unclear) continue;
      with_finish(c.stage.finish, [&](auto constant) {
        requantize_planes<decltype(constant)::value>(
            c.stage, scales, sums, outputs, rest < 4 * kGroup ? rest : 4 * kGroup,
            output + ox * c.out_channels + first, c.out_channels);
      });
    }
  }
}
