// Eight int32_t in an AVX register, groups of two int16_t. Included inside an anonymous namespace.
using Vector = __m256i;
constexpr int kLanes = 8;
constexpr int kGroup = 2;
constexpr int kTile1 = 12, kTile2 = 6;           // pixels held with one vector each, with two
constexpr int kTileGroup1 = 1, kTileGroup2 = 1;  // pixels whose taps are taken in turn
constexpr bool kCodesStay = false;               // registers suffice for three taps' weights
constexpr int kFours1 = 6, kFours2 = 3;          // fours of pixels held, likewise (winograd_row.h)
constexpr int kWinogradChannels = 8;             // fewer are not worth the factors

ALWAYS_INLINE Vector load(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
ALWAYS_INLINE void store(void* p, Vector v) {
  _mm256_storeu_si256(static_cast<__m256i*>(p), v);
}
ALWAYS_INLINE Vector splat(std::int32_t value) {
  return _mm256_set1_epi32(value);
}
ALWAYS_INLINE Vector broadcast_group(const std::uint8_t* p) {
  std::int32_t group;
  std::memcpy(&group, p, sizeof group);
  return splat(group);
}
// sum += the products of each lane's group. maddubs would take bytes, but saturates.
ALWAYS_INLINE void add_products(Vector& sum, Vector codes, Vector weights) {
  sum = _mm256_add_epi32(sum, _mm256_madd_epi16(codes, weights));
}

ALWAYS_INLINE Vector add(Vector a, Vector b) {
  return _mm256_add_epi32(a, b);
}
ALWAYS_INLINE Vector subtract(Vector a, Vector b) {
  return _mm256_sub_epi32(a, b);
}
// Two or four times.
template <int factor>
ALWAYS_INLINE Vector times(Vector a) {
  static_assert(factor == 2 || factor == 4);
  return _mm256_slli_epi32(a, factor / 2);
}
ALWAYS_INLINE Vector multiply_low(Vector a, Vector b) {
  return _mm256_mullo_epi32(a, b);
}
ALWAYS_INLINE Vector bit_and(Vector a, Vector b) {
  return _mm256_and_si256(a, b);
}
ALWAYS_INLINE Vector signs(Vector a) {
  return _mm256_srai_epi32(a, 31);
}
ALWAYS_INLINE Vector shift_left(Vector a, Vector bits) {
  return _mm256_sllv_epi32(a, bits);
}
ALWAYS_INLINE Vector shift_right(Vector a, Vector bits) {
  return _mm256_srav_epi32(a, bits);
}
// -1 where a > b, else 0.
ALWAYS_INLINE Vector greater(Vector a, Vector b) {
  return _mm256_cmpgt_epi32(a, b);
}

// 64-bit numbers stand in pairs of lanes: products of the even ones.
ALWAYS_INLINE Vector multiply_even(Vector a, Vector b) {
  return _mm256_mul_epi32(a, b);
}
ALWAYS_INLINE Vector odd_to_even(Vector a) {
  return _mm256_srli_epi64(a, 32);
}
ALWAYS_INLINE Vector add_wide(Vector a, Vector b) {
  return _mm256_add_epi64(a, b);
}
// A negative number is shifted as its complement: there is no arithmetic shift of 64 bits.
ALWAYS_INLINE Vector shift_right_wide(Vector a, Vector bits) {
  const Vector sign = _mm256_cmpgt_epi64(_mm256_setzero_si256(), a);
  return _mm256_xor_si256(_mm256_srlv_epi64(_mm256_xor_si256(a, sign), bits), sign);
}
// The upper halves of the even lanes' numbers and of the odd lanes', each in its own lane.
ALWAYS_INLINE Vector upper_halves(Vector even, Vector odd) {
  return _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
}
ALWAYS_INLINE Vector lower_halves(Vector even, Vector odd) {
  return _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
}

ALWAYS_INLINE Vector widen_codes(const std::int8_t* p) {
  return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
}
// The clamp's bounds, for store_codes.
struct Bounds {
  Vector low, high;
};
ALWAYS_INLINE Bounds make_bounds(std::int32_t low, std::int32_t high) {
  return {_mm256_set1_epi8(static_cast<char>(low)), _mm256_set1_epi8(static_cast<char>(high))};
}
// Two pairs of vectors of 16-bit numbers as bytes.
ALWAYS_INLINE Vector saturated(Vector a, Vector b) {
  return _mm256_packs_epi16(a, b);
}
ALWAYS_INLINE Vector clamped(Vector codes, const Bounds& bounds) {
  return _mm256_min_epi8(_mm256_max_epi8(codes, bounds.low), bounds.high);
}
// Four vectors saturated to bytes and clamped, in each 128 bits one after the other.
ALWAYS_INLINE Vector pack_codes(const Vector (&v)[4], const Bounds& bounds) {
  return clamped(saturated(_mm256_packs_epi32(v[0], v[1]), _mm256_packs_epi32(v[2], v[3])), bounds);
}
// Two vectors' lanes as 16-bit numbers, in each 128 bits first a's and then b's.
ALWAYS_INLINE Vector saturated_words(Vector a, Vector b) {
  return _mm256_packs_epi32(a, b);
}
// The upper 16-bit halves of a's and b's lanes, in each 128 bits first a's and then b's.
ALWAYS_INLINE Vector upper_words(Vector a, Vector b) {
  return _mm256_packs_epi32(_mm256_srai_epi32(a, 16), _mm256_srai_epi32(b, 16));
}
ALWAYS_INLINE Vector smaller_words(Vector a, Vector b) {
  return _mm256_min_epu16(a, b);
}
// Whether the lower 16 bits of any lane have none of the bits.
ALWAYS_INLINE bool any_lower_word_without(Vector words, std::int16_t bits) {
  const Vector rest = _mm256_and_si256(words, _mm256_set1_epi16(bits));
  const int zeros = _mm256_movemask_epi8(_mm256_cmpeq_epi16(rest, _mm256_setzero_si256()));
  return (zeros & 0x33333333) != 0;
}
// What pack_codes packed, one vector after the other.
ALWAYS_INLINE Vector in_order(Vector packed) {
  return _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}
// The codes of four vectors, one after the other.
ALWAYS_INLINE void store_codes(std::int8_t* p, const Vector (&v)[4], const Bounds& bounds) {
  store(p, in_order(pack_codes(v, bounds)));
}
// The halves of a vector, `step` bytes apart.
ALWAYS_INLINE void store_halves(std::int8_t* p, std::int64_t step, Vector v) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(v));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p + step), _mm256_extracti128_si256(v, 1));
}
// The quarters of a vector, `step` bytes apart.
ALWAYS_INLINE void store_quarters(std::int8_t* p, std::int64_t step, Vector v) {
  const auto put_halves = [&](std::int8_t* to, __m128i half) ALWAYS_INLINE_LAMBDA {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), half);
    _mm_storeh_pd(reinterpret_cast<double*>(to + step), _mm_castsi128_pd(half));
  };
  put_halves(p, _mm256_castsi256_si128(v));
  put_halves(p + 2 * step, _mm256_extracti128_si256(v, 1));
}
// The packed codes of one block of a depthwise convolution: 2 pixels, `step` apart, of 8 channels.
ALWAYS_INLINE void store_pixels(std::int8_t* p, std::int64_t step, Vector packed) {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(packed));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p + step), _mm256_extracti128_si256(packed, 1));
}

// 16 bytes from each of 2 pixels, `step` bytes apart.
ALWAYS_INLINE Vector load_pixels(const std::uint8_t* p, std::int64_t step) {
  return _mm256_loadu2_m128i(reinterpret_cast<const __m128i*>(p + step),
                             reinterpret_cast<const __m128i*>(p));
}
// Eight pixels' sums, in order, from four vectors of two pixels with four partial sums each.
ALWAYS_INLINE Vector add_partial_sums(const Vector (&v)[4]) {
  const Vector v01 = add(_mm256_unpacklo_epi32(v[0], v[1]), _mm256_unpackhi_epi32(v[0], v[1]));
  const Vector v23 = add(_mm256_unpacklo_epi32(v[2], v[3]), _mm256_unpackhi_epi32(v[2], v[3]));
  const Vector sums = add(_mm256_unpacklo_epi64(v01, v23), _mm256_unpackhi_epi64(v01, v23));
  return _mm256_permutevar8x32_epi32(sums, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}
// Two rows to groups: each 16 bytes of row[0] and row[1] become twice 16 bytes, four channels each,
// of which the group is the column.
ALWAYS_INLINE void interleave(const Vector (&row)[kGroup], Vector (&plane)[kGroup]) {
  plane[0] = _mm256_unpacklo_epi16(row[0], row[1]);
  plane[1] = _mm256_unpackhi_epi16(row[0], row[1]);
}

// Codes in the kernels' form: code - zero point.
constexpr bool kOffset = false;
using Element = std::int16_t;
ALWAYS_INLINE Element element_of(std::int8_t code, std::int32_t zero_point) {
  return static_cast<Element>(code - zero_point);
}
// As many codes as fill a vector.
constexpr int kVectorCodes = 16;
ALWAYS_INLINE Vector elements_of(const std::int8_t* p, Vector zero_point) {
  const __m128i codes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return _mm256_sub_epi16(_mm256_cvtepi8_epi16(codes), _mm256_packs_epi32(zero_point, zero_point));
}
// As many as fill 16 bytes.
ALWAYS_INLINE __m128i piece_of(const std::int8_t* p, Vector zero_point) {
  const __m128i codes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
  const __m128i zero = _mm256_castsi256_si128(zero_point);
  return _mm_sub_epi16(_mm_cvtepi8_epi16(codes), _mm_packs_epi32(zero, zero));
}
ALWAYS_INLINE void store_elements(std::uint8_t* into, __m128i codes, Vector zero_point) {
  store(into,
        _mm256_sub_epi16(_mm256_cvtepi8_epi16(codes), _mm256_packs_epi32(zero_point, zero_point)));
}

// Floats, one per lane.
using Floats = __m256;
ALWAYS_INLINE Floats splat_float(float value) {
  return _mm256_set1_ps(value);
}
ALWAYS_INLINE Floats to_floats(Vector v) {
  return _mm256_cvtepi32_ps(v);
}
ALWAYS_INLINE Floats fma(Floats a, Floats b, Floats c) {
  return _mm256_fmadd_ps(a, b, c);
}
ALWAYS_INLINE Floats load_floats(const float* p) {
  return _mm256_loadu_ps(p);
}
ALWAYS_INLINE Floats smaller(Floats a, Floats b) {
  return _mm256_min_ps(a, b);
}
ALWAYS_INLINE Floats larger(Floats a, Floats b) {
  return _mm256_max_ps(a, b);
}
ALWAYS_INLINE Floats subtract(Floats a, Floats b) {
  return _mm256_sub_ps(a, b);
}
ALWAYS_INLINE Floats divide(Floats a, Floats b) {
  return _mm256_div_ps(a, b);
}
// -1 where a >= b, else 0.
ALWAYS_INLINE Vector not_below(Floats a, Floats b) {
  return _mm256_castps_si256(_mm256_cmp_ps(a, b, _CMP_GE_OQ));
}
ALWAYS_INLINE Vector truncated(Floats v) {
  return _mm256_cvttps_epi32(v);
}
// `below` where a sum is negative.
ALWAYS_INLINE Floats choose_by_sign(Vector sum, Floats below, Floats v) {
  return _mm256_blendv_ps(v, below, _mm256_castsi256_ps(sum));
}
ALWAYS_INLINE Vector bits_of(Floats v) {
  return _mm256_castps_si256(v);
}
ALWAYS_INLINE Vector nearest(Floats v) {
  return _mm256_cvtps_epi32(v);
}
ALWAYS_INLINE Floats from_nearest(Floats v) {
  return _mm256_sub_ps(v, _mm256_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
ALWAYS_INLINE Floats larger_size(Floats a, Floats b) {
  const Floats sign = _mm256_set1_ps(-0.0f);
  return _mm256_max_ps(_mm256_andnot_ps(sign, a), _mm256_andnot_ps(sign, b));
}
ALWAYS_INLINE bool any_above(Floats v, Floats limit) {
  return _mm256_movemask_ps(_mm256_cmp_ps(v, limit, _CMP_GT_OQ)) != 0;
}
ALWAYS_INLINE void store_floats(float* p, Floats v) {
  _mm256_storeu_ps(p, v);
}
ALWAYS_INLINE Floats add_floats(Floats a, Floats b) {
  return _mm256_add_ps(a, b);
}
ALWAYS_INLINE Floats multiply(Floats a, Floats b) {
  return _mm256_mul_ps(a, b);
}
// The lanes whose bits are set, others +0.
ALWAYS_INLINE Floats keep(Floats v, std::uint32_t bits) {
  const Vector lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  const Vector set = bit_and(splat(static_cast<std::int32_t>(bits)), lane);
  return _mm256_and_ps(v, _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, lane)));
}
// A bit for each lane of four vectors: whether it lies within low .. high.
ALWAYS_INLINE void store_bits(std::uint8_t* p, const Vector (&v)[4], Vector low, Vector high) {
  UNROLL for (int i = 0; i < 4; ++i) {
    const Vector outside = _mm256_or_si256(greater(low, v[i]), greater(v[i], high));
    p[i] = static_cast<std::uint8_t>(~_mm256_movemask_ps(_mm256_castsi256_ps(outside)));
  }
}
