// Depthwise convolution. A group holds kGroup rows of one channel in one column: three rows and
// three taps along x are three steps. Rows are interleaved a segment at a time, into "planes" of
// four channels: [piece][4 channels][kGroup rows], 16 bytes a piece, so that any kPieces
// neighbouring pieces are one vector.
constexpr int kPieces = kLanes / 4, kPieceCodes = 4 * kGroup;
constexpr int kSegment = 64;
static_assert(kSegment % kPieces == 0);

// planes: [row_groups][kGroup][segment_pixels][pieces][16 bytes], of which `count` pieces are
// filled. Rows beyond the kernel's last have zeros for weights, so the last one stands in for them.
ALWAYS_INLINE void interleave_rows(const DepthwiseRow& c, const std::uint8_t* const* rows,
                                   std::int64_t offset, std::int64_t count, std::uint8_t* planes) {
  const std::int64_t plane_bytes = c.segment_pixels * c.pieces * 16;
  for (std::int64_t g = 0; g < c.row_groups; ++g, planes += kGroup * plane_bytes) {
    const std::uint8_t* row[kGroup];
    for (int i = 0; i < kGroup; ++i) {
      const std::int64_t ky = g * kGroup + i < c.kernel_y ? g * kGroup + i : c.kernel_y - 1;
      row[i] = rows[ky] + offset;
    }
    for (std::int64_t at = 0; at < count * 16; at += kPieces * 16) {
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
ALWAYS_INLINE Vector pack_planes(const Vector (&v)[kGroup], const Bounds& bounds) {
  return pack_codes({v[0], v[1], v[kGroup - 2], v[kGroup - 1]}, bounds);
}

// The vectors of one block or phase in a segment. Steps are in bytes.
struct DepthwiseTile {
  const std::uint8_t* planes;
  std::int64_t plane_bytes, vectors, vector_step, tap_step;
  const std::int8_t* filter;
  const std::int32_t *bias, *scales;
  const float* factors;
  std::int32_t* sums;  // [vectors][planes][lanes]
  std::int8_t* output;
  std::int64_t output_step, piece_step;  // from vector to vector, from piece to piece
  const std::int8_t* next;               // codes to be fetched, `stride` lines for each vector
};

// A vector's part of what is read and written next. Where the products of each vector lie between
// them, such requests cost least.
ALWAYS_INLINE void fetch_beside(const DepthwiseTile& t, std::int64_t v, std::int64_t stride) {
  constexpr std::int64_t kCodes = kPieces * kPieceCodes;
  const std::int64_t at = v * t.output_step * stride;
  fetch(t.next, at, at + kCodes * stride);
  fetch_output(t.output + v * t.output_step, kCodes);
}

// Any kernel, stride and dilation.
void depthwise_sums(const DepthwiseRow& c, const DepthwiseTile& t) {
  std::int32_t* sums = t.sums;
  for (std::int64_t v = 0; v < t.vectors; ++v, sums += kGroup * kLanes) {
    Vector sum[kGroup], weight[kGroup];
    UNROLL for (int i = 0; i < kGroup; ++i) sum[i] = load(t.bias + i * kLanes);
    const std::int8_t* w = t.filter;
    const std::uint8_t* rows = t.planes + v * t.vector_step;
    for (std::int64_t g = 0; g < c.row_groups; ++g, rows += kGroup * t.plane_bytes)
      for (std::int64_t kx = 0; kx < c.kernel_x; ++kx, w += kGroup * kLanes * 4) {
        const std::uint8_t* x = rows + kx * t.tap_step;
        load_weights(w, weight);
        UNROLL for (int i = 0; i < kGroup; ++i)
            add_products(sum[i], load_pixels(x + i * t.plane_bytes, c.stride * 16), weight[i]);
      }
    store_sums(sums, sum);
  }
}

// Three taps of `row_groups` groups of rows at stride 1, whose weights stay in registers.
template <int row_groups>
struct ThreeTaps {
  Vector weight[row_groups * 3][kGroup];

  ALWAYS_INLINE explicit ThreeTaps(const DepthwiseTile& t) {
    UNROLL for (int k = 0; k < row_groups * 3; ++k)
        load_weights(t.filter + k * kGroup * kLanes * 4, weight[k]);
  }
  // The sums of vector v.
  ALWAYS_INLINE void add_up(const DepthwiseTile& t, std::int64_t v, Vector (&sum)[kGroup]) const {
    UNROLL for (int i = 0; i < kGroup; ++i) sum[i] = load(t.bias + i * kLanes);
    const std::uint8_t* x = t.planes + v * t.vector_step;
    UNROLL for (int g = 0; g < row_groups; ++g) UNROLL for (int kx = 0; kx < 3; ++kx)
        UNROLL for (int i = 0; i < kGroup; ++i)
            add_products(sum[i], load(x + (g * kGroup + i) * t.plane_bytes + kx * t.tap_step),
                         weight[g * 3 + kx][i]);
  }
};

template <int row_groups>
void depthwise_sums_3(const DepthwiseTile t) {
  const ThreeTaps<row_groups> taps(t);
  for (std::int64_t v = 0; v < t.vectors; ++v) {
    Vector sum[kGroup];
    taps.add_up(t, v, sum);
    store_sums(t.sums + v * kGroup * kLanes, sum);
  }
}

// The codes of whole vectors of whole pieces. Returns the vectors with unclear codes, a bit for
// each.
template <int row_groups, Quick quick>
std::uint64_t depthwise_codes_3(const DepthwiseTile t, const OutputStage& stage) {
  const ThreeTaps<row_groups> taps(t);
  QuickStage<quick, kGroup> quick_stage(stage, t.factors);
  std::uint64_t unclear = 0;
  for (std::int64_t v = 0; v < t.vectors; ++v) {
    Vector sum[kGroup];
    fetch_beside(t, v, 1);
    taps.add_up(t, v, sum);
    quick_stage.start_anew();
    store_pixels(t.output + v * t.output_step, t.piece_step, quick_stage.codes(sum, 0));
    unclear |= std::uint64_t{quick_stage.unclear()} << v;
  }
  return unclear;
}

// `pieces` pieces of `channels` channels, at most those of a piece.
template <Finish finish>
void requantize_planes(const OutputStage& stage, const DepthwiseTile& t, std::int64_t pieces,
                       std::int64_t channels) {
  const Bounds bounds = make_bounds(stage.low, stage.high);
  const Vector zero_point = splat(stage.zero_point);
  Vector scale[kGroup][kScaleRows], codes[kGroup];
  UNROLL for (int i = 0; i < kGroup; ++i) load_scale(t.scales + i * kScaleRows * kLanes, scale[i]);
  const std::int32_t* sums = t.sums;
  for (std::int64_t v = 0; v < t.vectors; ++v, pieces -= kPieces, sums += kGroup * kLanes) {
    UNROLL for (int i = 0; i < kGroup; ++i) codes[i] =
        rescaled<finish>(load(sums + i * kLanes), scale[i], zero_point);
    std::int8_t* to = t.output + v * t.output_step;
    if (channels == kPieceCodes && pieces >= kPieces) {
      store_pixels(to, t.piece_step, pack_planes(codes, bounds));
      continue;
    }
    std::int8_t last[kPieces * kPieceCodes];
    store_pixels(last, kPieceCodes, pack_planes(codes, bounds));
    for (int p = 0; p < kPieces && p < pieces; ++p)
      std::memcpy(to + p * t.piece_step, last + p * kPieceCodes,
                  static_cast<std::size_t>(channels));
  }
}

// The sums themselves, in the codes' places.
void copy_planes(const DepthwiseTile& t, std::int64_t pieces, std::int64_t channels) {
  for (std::int64_t p = 0; p < pieces; ++p) {
    const std::int64_t v = p / kPieces, lane = p % kPieces;
    const std::int32_t* from = t.sums + v * kGroup * kLanes + lane * 4;
    std::int8_t* to = t.output + (v * t.output_step + lane * t.piece_step) * 4;
    std::int64_t left = channels;
    for (; left >= 4; left -= 4, from += kLanes, to += 16) std::memcpy(to, from, 16);
    if (left > 0) std::memcpy(to, from, static_cast<std::size_t>(left * 4));
  }
}

constexpr int kRowGroups3 = (3 + kGroup - 1) / kGroup;  // of a 3x3 kernel

bool is_three(const DepthwiseRow& c) {
  return c.kernel_x == 3 && c.stride == 1 && c.row_groups == kRowGroups3;
}

void depthwise_exactly(const DepthwiseRow& c, const DepthwiseTile& t, std::int64_t pieces,
                       std::int64_t channels) {
  if (is_three(c))
    depthwise_sums_3<kRowGroups3>(t);
  else
    depthwise_sums(c, t);
  if (c.stage.finish == Finish::sums) return copy_planes(t, pieces, channels);
  with_finish(c.stage.finish, [&](auto constant) {
    requantize_planes<decltype(constant)::value>(c.stage, t, pieces, channels);
  });
}

// `pieces` pieces of one block or phase.
void depthwise_tile(const DepthwiseRow& c, const DepthwiseTile& t, std::int64_t pieces,
                    std::int64_t channels) {
  static_assert(kSegment / kPieces <= 64);
  const bool whole = channels == kPieceCodes && pieces == t.vectors * kPieces;
  if (!whole || !is_three(c) || c.stage.quick == Quick::none) {
    for (std::int64_t v = 0; v < t.vectors; ++v) fetch_beside(t, v, c.stride);
    return depthwise_exactly(c, t, pieces, channels);
  }
  std::uint64_t unclear = with_quick(c.stage.quick, [&](auto constant) {
    return depthwise_codes_3<kRowGroups3, decltype(constant)::value>(t, c.stage);
  });
  DepthwiseTile one = t;
  one.vectors = 1;
  for (; unclear != 0; unclear &= unclear - 1) {
    const int v = __builtin_ctzll(unclear);
    one.planes = t.planes + v * t.vector_step;
    one.output = t.output + v * t.output_step;
    depthwise_exactly(c, one, kPieces, channels);
  }
}

void depthwise_row(const DepthwiseRow& c, const std::uint8_t* const* rows, const std::int8_t* next,
                   std::uint8_t* planes, std::int32_t* sums, std::int8_t* output) {
  const std::int64_t extent = (c.kernel_x - 1) * c.dilation + 1, segment = c.segment_outputs;
  const bool joined = c.pieces > 1;
  DepthwiseTile t;
  t.plane_bytes = c.segment_pixels * c.pieces * 16;
  t.vector_step = c.phases * kPieces * c.stride * 16;
  t.tap_step = c.dilation * c.pieces * 16;
  t.piece_step = joined ? kPieceCodes : c.out_channels;
  t.output_step = c.phases * kPieces * t.piece_step;
  t.sums = sums;
  for (std::int64_t ox = 0; ox < c.out_width; ox += segment) {
    const std::int64_t left = c.out_width - ox, outputs = left < segment ? left : segment;
    const std::int64_t pieces = outputs * c.pieces / c.phases;  // of a phase
    t.vectors = (pieces + kPieces - 1) / kPieces;
    const std::int64_t read =
        (t.vectors * c.phases * kPieces - 1) * c.stride + 1 + (extent - 1) * c.pieces;
    for (std::int64_t block = 0; block < c.blocks; ++block) {
      const std::int64_t offset = block * c.in_pixels + ox * c.stride;
      interleave_rows(c, rows, offset * c.pieces * 16, read, planes);
      for (std::int64_t phase = 0; phase < c.phases; ++phase) {
        const std::int64_t part = block + phase, vector = part * kGroup;  // one of them is 0
        const std::int64_t first = joined ? phase * kPieces * kPieceCodes : block * kPieceCodes;
        const std::int64_t rest = joined ? kPieceCodes : c.out_channels - first;
        t.planes = planes + phase * kPieces * 16;
        t.filter = c.filter + vector * c.row_groups * c.kernel_x * kLanes * 4;
        t.bias = c.bias + vector * kLanes;
        t.scales = c.stage.scales + vector * kScaleRows * kLanes;
        t.factors = c.stage.factors + vector * kQuickRows * kLanes;
        t.next = next == nullptr ? nullptr : next + (ox * c.out_channels + first) * c.stride;
        t.output = place(c.stage, output, ox * c.out_channels + first);
        depthwise_tile(c, t, pieces, rest < kPieceCodes ? rest : kPieceCodes);
      }
    }
  }
}
