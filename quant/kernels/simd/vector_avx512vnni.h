// Sixteen int32_t in an AVX-512 register, groups of four bytes. Included inside an anonymous
// namespace.
using Vector = __m512i;
constexpr int kLanes = 16;
constexpr int kGroup = 4;
constexpr int kTile1 = 20, kTile2 = 12;          // pixels held with one vector each, with two
constexpr int kTileGroup1 = 4, kTileGroup2 = 2;  // pixels whose taps are taken in turn
constexpr bool kCodesStay = true;                // registers suffice for three taps' weights

ALWAYS_INLINE Vector load(const void* p) {
  return _mm512_loadu_si512(p);
}
ALWAYS_INLINE void store(void* p, Vector v) {
  _mm512_storeu_si512(p, v);
}
ALWAYS_INLINE Vector splat(std::int32_t value) {
  return _mm512_set1_epi32(value);
}
ALWAYS_INLINE Vector broadcast_group(const std::uint8_t* p) {
  std::int32_t group;
  std::memcpy(&group, p, sizeof group);
  return splat(group);
}
// sum += the products of each lane's group. Written as one instruction: gcc 12 copies the sums
// around its intrinsic, and spills them.
ALWAYS_INLINE void add_products(Vector& sum, Vector codes, Vector weights) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(codes), "v"(weights));
}

ALWAYS_INLINE Vector add(Vector a, Vector b) {
  return _mm512_add_epi32(a, b);
}
ALWAYS_INLINE Vector subtract(Vector a, Vector b) {
  return _mm512_sub_epi32(a, b);
}
ALWAYS_INLINE Vector bit_and(Vector a, Vector b) {
  return _mm512_and_si512(a, b);
}
ALWAYS_INLINE Vector signs(Vector a) {
  return _mm512_srai_epi32(a, 31);
}
ALWAYS_INLINE Vector shift_left(Vector a, Vector bits) {
  return _mm512_sllv_epi32(a, bits);
}
ALWAYS_INLINE Vector shift_right(Vector a, Vector bits) {
  return _mm512_srav_epi32(a, bits);
}
// -1 where a > b, else 0.
ALWAYS_INLINE Vector greater(Vector a, Vector b) {
  return _mm512_movm_epi32(_mm512_cmpgt_epi32_mask(a, b));
}

// 64-bit numbers stand in pairs of lanes: products of the even ones.
ALWAYS_INLINE Vector multiply_even(Vector a, Vector b) {
  return _mm512_mul_epi32(a, b);
}
ALWAYS_INLINE Vector odd_to_even(Vector a) {
  return _mm512_srli_epi64(a, 32);
}
ALWAYS_INLINE Vector add_wide(Vector a, Vector b) {
  return _mm512_add_epi64(a, b);
}
ALWAYS_INLINE Vector shift_right_wide(Vector a, Vector bits) {
  return _mm512_srav_epi64(a, bits);
}
// The upper halves of the even lanes' numbers and of the odd lanes', each in its own lane.
ALWAYS_INLINE Vector upper_halves(Vector even, Vector odd) {
  return _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
}
ALWAYS_INLINE Vector lower_halves(Vector even, Vector odd) {
  return _mm512_mask_shuffle_epi32(even, 0xaaaa, odd, _MM_PERM_CCAA);
}

ALWAYS_INLINE Vector widen_codes(const std::int8_t* p) {
  return _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
// The clamp's bounds, for store_codes.
struct Bounds {
  Vector low, high;
};
ALWAYS_INLINE Bounds make_bounds(std::int32_t low, std::int32_t high) {
  return {_mm512_set1_epi8(static_cast<char>(low)), _mm512_set1_epi8(static_cast<char>(high))};
}
// Two pairs of vectors of 16-bit numbers as bytes.
ALWAYS_INLINE Vector saturated(Vector a, Vector b) {
  return _mm512_packs_epi16(a, b);
}
ALWAYS_INLINE Vector clamped(Vector codes, const Bounds& bounds) {
  return _mm512_min_epi8(_mm512_max_epi8(codes, bounds.low), bounds.high);
}
// Four vectors saturated to bytes and clamped, in each 128 bits one after the other.
ALWAYS_INLINE Vector pack_codes(const Vector (&v)[4], const Bounds& bounds) {
  return clamped(saturated(_mm512_packs_epi32(v[0], v[1]), _mm512_packs_epi32(v[2], v[3])), bounds);
}
// Two vectors' lanes as 16-bit numbers, in each 128 bits first a's and then b's.
ALWAYS_INLINE Vector saturated_words(Vector a, Vector b) {
  return _mm512_packs_epi32(a, b);
}
// The upper 16-bit halves of a's and b's lanes, in each 128 bits first a's and then b's. (A
// permutation of words would take three steps too, two of them on the one port that has such.)
ALWAYS_INLINE Vector upper_words(Vector a, Vector b) {
  return _mm512_packs_epi32(_mm512_srai_epi32(a, 16), _mm512_srai_epi32(b, 16));
}
ALWAYS_INLINE Vector smaller_words(Vector a, Vector b) {
  return _mm512_min_epu16(a, b);
}
// Whether the lower 16 bits of any lane have none of the bits.
ALWAYS_INLINE bool any_lower_word_without(Vector words, std::int16_t bits) {
  return (_mm512_testn_epi16_mask(words, _mm512_set1_epi16(bits)) & 0x55555555u) != 0;
}
// What pack_codes packed, one vector after the other.
ALWAYS_INLINE Vector in_order(Vector packed) {
  const Vector order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return _mm512_permutexvar_epi32(order, packed);
}
// The codes of four vectors, one after the other.
ALWAYS_INLINE void store_codes(std::int8_t* p, const Vector (&v)[4], const Bounds& bounds) {
  store(p, in_order(pack_codes(v, bounds)));
}
// The halves of a vector, `step` bytes apart.
ALWAYS_INLINE void store_halves(std::int8_t* p, std::int64_t step, Vector v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_castsi512_si256(v));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p + step), _mm512_extracti64x4_epi64(v, 1));
}
// The packed codes of one block of a depthwise convolution: 4 pixels, `step` apart, of 16 channels.
ALWAYS_INLINE void store_pixels(std::int8_t* p, std::int64_t step, Vector packed) {
  if (step == 16) return store(p, packed);
  const auto at = [&](int pixel) { return reinterpret_cast<__m128i*>(p + pixel * step); };
  _mm_storeu_si128(at(0), _mm512_castsi512_si128(packed));
  _mm_storeu_si128(at(1), _mm512_extracti32x4_epi32(packed, 1));
  _mm_storeu_si128(at(2), _mm512_extracti32x4_epi32(packed, 2));
  _mm_storeu_si128(at(3), _mm512_extracti32x4_epi32(packed, 3));
}

// 16 bytes from each of 4 pixels, `step` bytes apart.
ALWAYS_INLINE Vector load_pixels(const std::uint8_t* p, std::int64_t step) {
  const auto at = [&](int pixel) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + pixel * step));
  };
  Vector v = _mm512_castsi128_si512(at(0));
  v = _mm512_inserti32x4(v, at(1), 1);
  v = _mm512_inserti32x4(v, at(2), 2);
  return _mm512_inserti32x4(v, at(3), 3);
}
// Sixteen pixels' sums, in order, from four vectors of four pixels with four partial sums each.
ALWAYS_INLINE Vector add_partial_sums(const Vector (&v)[4]) {
  const Vector v01 = add(_mm512_unpacklo_epi32(v[0], v[1]), _mm512_unpackhi_epi32(v[0], v[1]));
  const Vector v23 = add(_mm512_unpacklo_epi32(v[2], v[3]), _mm512_unpackhi_epi32(v[2], v[3]));
  const Vector sums = add(_mm512_unpacklo_epi64(v01, v23), _mm512_unpackhi_epi64(v01, v23));
  const Vector order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return _mm512_permutexvar_epi32(order, sums);
}
// Four rows to groups: each 16 bytes of row[0] .. row[3] become four times 16 bytes, four channels
// each, of which the group is the column.
ALWAYS_INLINE void interleave(const Vector (&row)[kGroup], Vector (&plane)[kGroup]) {
  const Vector low01 = _mm512_unpacklo_epi8(row[0], row[1]);
  const Vector high01 = _mm512_unpackhi_epi8(row[0], row[1]);
  const Vector low23 = _mm512_unpacklo_epi8(row[2], row[3]);
  const Vector high23 = _mm512_unpackhi_epi8(row[2], row[3]);
  plane[0] = _mm512_unpacklo_epi16(low01, low23);
  plane[1] = _mm512_unpackhi_epi16(low01, low23);
  plane[2] = _mm512_unpacklo_epi16(high01, high23);
  plane[3] = _mm512_unpackhi_epi16(high01, high23);
}

// Codes in the kernels' form: code + 128.
constexpr bool kOffset = true;
using Element = std::uint8_t;
ALWAYS_INLINE Element element_of(std::int8_t code, std::int32_t) {
  return static_cast<Element>(static_cast<std::uint8_t>(code) ^ 0x80u);
}
// As many codes as fill a vector.
constexpr int kVectorCodes = 64;
ALWAYS_INLINE Vector elements_of(const std::int8_t* p, Vector) {
  return _mm512_xor_si512(load(p), _mm512_set1_epi8(-128));
}
// As many as fill 16 bytes.
ALWAYS_INLINE __m128i piece_of(const std::int8_t* p, Vector) {
  return _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)), _mm_set1_epi8(-128));
}
ALWAYS_INLINE void store_elements(std::uint8_t* into, __m128i codes, Vector) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(into), _mm_xor_si128(codes, _mm_set1_epi8(-128)));
}

// Floats, one per lane.
using Floats = __m512;
ALWAYS_INLINE Floats splat_float(float value) {
  return _mm512_set1_ps(value);
}
ALWAYS_INLINE Floats to_floats(Vector v) {
  return _mm512_cvtepi32_ps(v);
}
ALWAYS_INLINE Floats fma(Floats a, Floats b, Floats c) {
  return _mm512_fmadd_ps(a, b, c);
}
ALWAYS_INLINE Floats load_floats(const float* p) {
  return _mm512_loadu_ps(p);
}
ALWAYS_INLINE Floats smaller(Floats a, Floats b) {
  return _mm512_maskz_min_ps(0xffff, a, b);
}
ALWAYS_INLINE Floats larger(Floats a, Floats b) {
  return _mm512_maskz_max_ps(0xffff, a, b);
}
ALWAYS_INLINE Floats subtract(Floats a, Floats b) {
  return _mm512_sub_ps(a, b);
}
ALWAYS_INLINE Floats divide(Floats a, Floats b) {
  return _mm512_div_ps(a, b);
}
// -1 where a >= b, else 0.
ALWAYS_INLINE Vector not_below(Floats a, Floats b) {
  return _mm512_movm_epi32(_mm512_cmp_ps_mask(a, b, _CMP_GE_OQ));
}
ALWAYS_INLINE Vector truncated(Floats v) {
  return _mm512_cvttps_epi32(v);
}
// `below` where a sum is negative.
ALWAYS_INLINE Floats choose_by_sign(Vector sum, Floats below, Floats v) {
  return _mm512_mask_blend_ps(_mm512_movepi32_mask(sum), v, below);
}
ALWAYS_INLINE Vector bits_of(Floats v) {
  return _mm512_castps_si512(v);
}
ALWAYS_INLINE Vector nearest(Floats v) {
  return _mm512_cvtps_epi32(v);
}
ALWAYS_INLINE Floats from_nearest(Floats v) {
  return _mm512_reduce_ps(v, 0);
}
ALWAYS_INLINE Floats larger_size(Floats a, Floats b) {
  return _mm512_range_ps(a, b, 0x0b);
}
ALWAYS_INLINE bool any_above(Floats v, Floats limit) {
  return _mm512_cmp_ps_mask(v, limit, _CMP_GT_OQ) != 0;
}
ALWAYS_INLINE void store_floats(float* p, Floats v) {
  _mm512_storeu_ps(p, v);
}
ALWAYS_INLINE Floats add_floats(Floats a, Floats b) {
  return _mm512_add_ps(a, b);
}
ALWAYS_INLINE Floats multiply(Floats a, Floats b) {
  return _mm512_mul_ps(a, b);
}
// The lanes whose bits are set, others +0.
ALWAYS_INLINE Floats keep(Floats v, std::uint32_t bits) {
  return _mm512_maskz_mov_ps(static_cast<__mmask16>(bits), v);
}
// A bit for each lane of four vectors: whether it lies within low .. high.
ALWAYS_INLINE void store_bits(std::uint8_t* p, const Vector (&v)[4], Vector low, Vector high) {
  std::uint64_t bits = 0;
  UNROLL for (int i = 0; i < 4; ++i) {
    const __mmask16 reaches = _mm512_cmpge_epi32_mask(v[i], low);
    bits |= std::uint64_t{_mm512_mask_cmple_epi32_mask(reaches, v[i], high)} << (16 * i);
  }
  std::memcpy(p, &bits, sizeof bits);
}
