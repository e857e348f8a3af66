// Four floats: SSE2 with a software fma, NEON, or plain code. Included inside an anonymous
// namespace.
constexpr int kLanes = 4;
constexpr int kTileGroup = 1;  // pixels whose taps are taken in turn
constexpr int kDepthwiseTile = 4;

#if defined(__x86_64__)

using Vector = __m128;
constexpr int kTile1 = 4, kTile2 = 2;
constexpr int kGradient1 = 4, kGradient2 = 2;

ALWAYS_INLINE Vector zero() {
  return _mm_setzero_ps();
}
ALWAYS_INLINE Vector load(const float* p) {
  return _mm_loadu_ps(p);
}
ALWAYS_INLINE Vector broadcast(const float* p) {
  return _mm_set1_ps(*p);
}
ALWAYS_INLINE void store(float* p, Vector v) {
  _mm_storeu_ps(p, v);
}
ALWAYS_INLINE Vector add(Vector a, Vector b) {
  return _mm_add_ps(a, b);
}

// A float product is exact in double. The sum is rounded to odd (inexact results get an odd last
// bit), so that the rounding to float that follows rounds as if the sum were exact: Boldo and
// Melquiond, "Emulation of FMA and correctly rounded sums" (2008). The error of a sum is Knuth's.
ALWAYS_INLINE __m128d fused_to_odd(__m128d a, __m128d b, __m128d c) {
  const __m128d product = _mm_mul_pd(a, b), sum = _mm_add_pd(product, c);
  const __m128d part = _mm_sub_pd(sum, product);
  const __m128d error = _mm_add_pd(_mm_sub_pd(product, _mm_sub_pd(sum, part)), _mm_sub_pd(c, part));
  const __m128i bits = _mm_castpd_si128(sum), one = _mm_set1_epi64x(1);
  // Ordered comparisons: an infinite sum has a NaN for its error and stays.
  const __m128i inexact = _mm_castpd_si128(
      _mm_or_pd(_mm_cmplt_pd(error, _mm_setzero_pd()), _mm_cmpgt_pd(error, _mm_setzero_pd())));
  const __m128i even = _mm_sub_epi64(_mm_and_si128(bits, one), one);
  const __m128i signs = _mm_srai_epi32(_mm_castpd_si128(_mm_xor_pd(error, sum)), 31);
  const __m128i opposed = _mm_shuffle_epi32(signs, _MM_SHUFFLE(3, 3, 1, 1));
  const __m128i step = _mm_and_si128(_mm_or_si128(opposed, one), _mm_and_si128(inexact, even));
  return _mm_castsi128_pd(_mm_add_epi64(bits, step));
}
ALWAYS_INLINE __m128d upper(Vector v) {
  return _mm_cvtps_pd(_mm_movehl_ps(v, v));
}
// Not inlined: tiles would hold dozens of copies of a long sequence.
__attribute__((noinline)) Vector fma(Vector a, Vector b, Vector c) {
  const __m128 low = _mm_cvtpd_ps(fused_to_odd(_mm_cvtps_pd(a), _mm_cvtps_pd(b), _mm_cvtps_pd(c)));
  const __m128 high = _mm_cvtpd_ps(fused_to_odd(upper(a), upper(b), upper(c)));
  return _mm_movelh_ps(low, high);
}

#elif defined(__aarch64__)

using Vector = float32x4_t;
constexpr int kTile1 = 20, kTile2 = 12;
constexpr int kGradient1 = 24, kGradient2 = 12;

ALWAYS_INLINE Vector zero() {
  return vdupq_n_f32(0.0f);
}
ALWAYS_INLINE Vector load(const float* p) {
  return vld1q_f32(p);
}
ALWAYS_INLINE Vector broadcast(const float* p) {
  return vld1q_dup_f32(p);
}
ALWAYS_INLINE void store(float* p, Vector v) {
  vst1q_f32(p, v);
}
ALWAYS_INLINE Vector add(Vector a, Vector b) {
  return vaddq_f32(a, b);
}
ALWAYS_INLINE Vector fma(Vector a, Vector b, Vector c) {
  return vfmaq_f32(c, a, b);
}

#else

struct Vector {
  float lane[4];
};
constexpr int kTile1 = 4, kTile2 = 2;
constexpr int kGradient1 = 4, kGradient2 = 2;

ALWAYS_INLINE Vector zero() {
  return {};
}
ALWAYS_INLINE Vector load(const float* p) {
  return {{p[0], p[1], p[2], p[3]}};
}
ALWAYS_INLINE Vector broadcast(const float* p) {
  return {{*p, *p, *p, *p}};
}
ALWAYS_INLINE void store(float* p, Vector v) {
  std::memcpy(p, v.lane, sizeof v.lane);
}
ALWAYS_INLINE Vector add(Vector a, Vector b) {
  for (int i = 0; i < 4; ++i) a.lane[i] += b.lane[i];
  return a;
}
ALWAYS_INLINE Vector fma(Vector a, Vector b, Vector c) {
  for (int i = 0; i < 4; ++i) c.lane[i] = __builtin_fmaf(a.lane[i], b.lane[i], c.lane[i]);
  return c;
}

#endif

ALWAYS_INLINE Vector load_first(const float* p, std::int64_t n) {
  float lanes[4] = {};
  for (std::int64_t i = 0; i < n; ++i) lanes[i] = p[i];
  return load(lanes);
}
ALWAYS_INLINE void store_first(float* p, Vector v, std::int64_t n) {
  float lanes[4];
  store(lanes, v);
  for (std::int64_t i = 0; i < n; ++i) p[i] = lanes[i];
}
