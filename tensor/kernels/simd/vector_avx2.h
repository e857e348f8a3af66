// Eight floats in an AVX register. Included inside an anonymous namespace.
using Vector = __m256;
constexpr int kLanes = 8;
constexpr int kTile1 = 12, kTile2 = 6;
constexpr int kGradient1 = 12, kGradient2 = 6;
constexpr int kFours1 = 6, kFours2 = 3;   // four pixels each (winograd_row.h)
constexpr bool kTapsStay = false;         // registers suffice for three taps' weights
constexpr int kTileGroup = 1;             // pixels whose taps are taken in turn
constexpr int kPoint1 = 12, kPoint2 = 6;  // the same of one tap
constexpr int kRowBlocks = 1;             // side by side, with weights or sums in registers
constexpr int kDepthwiseTile = 8;

// Behind this the compiler takes v from its register, not from memory again.
ALWAYS_INLINE void keep(Vector& v) {
  asm("" : "+x"(v));
}
ALWAYS_INLINE Vector zero() {
  return _mm256_setzero_ps();
}
ALWAYS_INLINE Vector load(const float* p) {
  return _mm256_loadu_ps(p);
}
// Eight bfloat16.
ALWAYS_INLINE Vector load(const std::uint16_t* p) {
  const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}
ALWAYS_INLINE Vector broadcast(const float* p) {
  return _mm256_broadcast_ss(p);
}
ALWAYS_INLINE void store(float* p, Vector v) {
  _mm256_storeu_ps(p, v);
}
// Past the caches. Others see what was streamed after finish_streaming().
ALWAYS_INLINE void stream(float* p, Vector v) {
  _mm256_stream_ps(p, v);
}
ALWAYS_INLINE void finish_streaming() {
  _mm_sfence();
}
ALWAYS_INLINE Vector add(Vector a, Vector b) {
  return _mm256_add_ps(a, b);
}
ALWAYS_INLINE Vector fma(Vector a, Vector b, Vector c) {
  return _mm256_fmadd_ps(a, b, c);
}
ALWAYS_INLINE __m256i first(std::int64_t n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
ALWAYS_INLINE Vector load_first(const float* p, std::int64_t n) {
  return _mm256_maskload_ps(p, first(n));
}
ALWAYS_INLINE void store_first(float* p, Vector v, std::int64_t n) {
  _mm256_maskstore_ps(p, first(n), v);
}
// max(v, 0) that keeps NaN; d where v > 0, else 0.
ALWAYS_INLINE Vector positive(Vector v) {
  return _mm256_max_ps(zero(), v);
}
ALWAYS_INLINE Vector where_positive(Vector v, Vector d) {
  return _mm256_and_ps(_mm256_cmp_ps(v, zero(), _CMP_GT_OQ), d);
}
using Doubles = __m256d;
using Bits = unsigned long long __attribute__((vector_size(32)));
ALWAYS_INLINE Doubles load_doubles(const float* p) {
  return _mm256_cvtps_pd(_mm_loadu_ps(p));
}
ALWAYS_INLINE void store_floats(float* p, Doubles v) {
  _mm_storeu_ps(p, _mm256_cvtpd_ps(v));
}
ALWAYS_INLINE Doubles fma(Doubles a, Doubles b, Doubles c) {
  return _mm256_fmadd_pd(a, b, c);
}
using Integers = std::int32_t __attribute__((vector_size(32)));
using Bytes = std::uint8_t __attribute__((vector_size(8)));
// gcc 12 converts such vectors element by element. `narrow` wants 0 .. 255.
ALWAYS_INLINE Integers widen(Bytes bytes) {
  long long all;
  std::memcpy(&all, &bytes, sizeof all);
  return (Integers)_mm256_cvtepu8_epi32(_mm_cvtsi64_si128(all));
}
ALWAYS_INLINE Bytes narrow(Integers values) {
  const __m256i v = (__m256i)values;
  const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  const long long all = _mm_cvtsi128_si64(_mm_packus_epi16(words, words));
  Bytes bytes;
  std::memcpy(&bytes, &all, sizeof bytes);
  return bytes;
}
