// Sixteen floats in an AVX-512 register. Included inside an anonymous namespace.
using Vector = __m512;
constexpr int kLanes = 16;
constexpr int kTile1 = 20, kTile2 = 12;  // pixels held with one vector each, with two
constexpr int kGradient1 = 24,
              kGradient2 = 12;            // filter values held with one vector each, with two
constexpr int kFours1 = 12, kFours2 = 6;  // four pixels each (winograd_row.h)
constexpr bool kTapsStay = true;          // registers suffice for three taps' weights
constexpr int kTileGroup = 5;             // pixels whose taps are taken in turn
constexpr int kPoint1 = 16, kPoint2 = 8;  // the same of one tap
constexpr int kRowBlocks = 2;             // side by side, with weights or sums in registers
constexpr int kDepthwiseTile = 8;

// Behind this the compiler takes v from its register, not from memory again.
ALWAYS_INLINE void keep(Vector& v) {
  asm("" : "+v"(v));
}
ALWAYS_INLINE Vector zero() {
  return _mm512_setzero_ps();
}
ALWAYS_INLINE Vector load(const float* p) {
  return _mm512_loadu_ps(p);
}
// Sixteen bfloat16.
ALWAYS_INLINE Vector load(const std::uint16_t* p) {
  const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  const __m512i words = _mm512_maskz_cvtepu16_epi32(0xffff, halves);
  return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(0xffff, words, 16));
}
ALWAYS_INLINE Vector broadcast(const float* p) {
  return _mm512_set1_ps(*p);
}
ALWAYS_INLINE void store(float* p, Vector v) {
  _mm512_storeu_ps(p, v);
}
// Past the caches. Others see what was streamed after finish_streaming().
ALWAYS_INLINE void stream(float* p, Vector v) {
  _mm512_stream_ps(p, v);
}
ALWAYS_INLINE void finish_streaming() {
  _mm_sfence();
}
ALWAYS_INLINE Vector add(Vector a, Vector b) {
  return _mm512_add_ps(a, b);
}
ALWAYS_INLINE Vector fma(Vector a, Vector b, Vector c) {
  return _mm512_fmadd_ps(a, b, c);
}
ALWAYS_INLINE __mmask16 first(std::int64_t n) {
  return static_cast<__mmask16>((1u << n) - 1u);
}
ALWAYS_INLINE Vector load_first(const float* p, std::int64_t n) {
  return _mm512_maskz_loadu_ps(first(n), p);
}
ALWAYS_INLINE void store_first(float* p, Vector v, std::int64_t n) {
  _mm512_mask_storeu_ps(p, first(n), v);
}
// All lanes are asked for by mask: gcc 12 warns of its own header's undefined vector otherwise.
// max(v, 0) that keeps NaN; d where v > 0, else 0.
ALWAYS_INLINE Vector positive(Vector v) {
  return _mm512_maskz_max_ps(0xffff, zero(), v);
}
ALWAYS_INLINE __mmask16 is_positive(Vector v) {
  return _mm512_cmp_ps_mask(v, zero(), _CMP_GT_OQ);
}
ALWAYS_INLINE Vector where_positive(Vector v, Vector d) {
  return _mm512_maskz_mov_ps(is_positive(v), d);
}
using Doubles = __m512d;
using Bits = unsigned long long __attribute__((vector_size(64)));
ALWAYS_INLINE Doubles load_doubles(const float* p) {
  return _mm512_maskz_cvtps_pd(0xff, _mm256_loadu_ps(p));
}
ALWAYS_INLINE void store_floats(float* p, Doubles v) {
  _mm256_storeu_ps(p, _mm512_maskz_cvtpd_ps(0xff, v));
}
ALWAYS_INLINE Doubles fma(Doubles a, Doubles b, Doubles c) {
  return _mm512_fmadd_pd(a, b, c);
}
using Integers = std::int32_t __attribute__((vector_size(64)));
using Bytes = std::uint8_t __attribute__((vector_size(16)));
// gcc 12 converts such vectors element by element.
ALWAYS_INLINE Integers widen(Bytes bytes) {
  return (Integers)_mm512_maskz_cvtepu8_epi32(0xffff, (__m128i)bytes);
}
ALWAYS_INLINE Bytes narrow(Integers values) {
  return (Bytes)_mm512_maskz_cvtepi32_epi8(0xffff, (__m512i)values);
}
