// Four floats: SSE2 with a software fma, NEON, or plain code. Included inside an anonymous
// namespace.
constexpr int kLanes = 4;
constexpr bool kTapsStay = false;        // registers suffice for three taps' weights
constexpr int kTileGroup = 1;            // pixels whose taps are taken in turn
constexpr int kPoint1 = 4, kPoint2 = 2;  // the same of one tap
constexpr int kRowBlocks = 1;            // side by side, with weights or sums in registers
constexpr int kDepthwiseTile = 4;

#if defined(__x86_64__)

using Vector = __m128;
constexpr int kTile1 = 4, kTile2 = 2;
constexpr int kGradient1 = 4, kGradient2 = 2;
constexpr int kFours1 = 2, kFours2 = 1;

// Behind this the compiler takes v from its register, not from memory again.
ALWAYS_INLINE void keep(Vector& v) {
  asm("" : "+x"(v));
}
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

// max(v, 0) that keeps NaN; d where v > 0, else 0.
ALWAYS_INLINE Vector positive(Vector v) {
  return _mm_max_ps(zero(), v);
}
ALWAYS_INLINE Vector where_positive(Vector v, Vector d) {
  return _mm_and_ps(_mm_cmpgt_ps(v, zero()), d);
}
using Doubles = __m128d;

#elif defined(__aarch64__)

using Vector = float32x4_t;
constexpr int kTile1 = 20, kTile2 = 12;
constexpr int kGradient1 = 24, kGradient2 = 12;
constexpr int kFours1 = 12, kFours2 = 6;

ALWAYS_INLINE void keep(Vector& v) {
  asm("" : "+w"(v));
}
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
// max(v, 0) that keeps NaN; d where v > 0, else 0.
ALWAYS_INLINE Vector positive(Vector v) {
  return vbslq_f32(vcltq_f32(v, zero()), zero(), v);
}
ALWAYS_INLINE Vector where_positive(Vector v, Vector d) {
  return vbslq_f32(vcgtq_f32(v, zero()), d, zero());
}
using Doubles = float64x2_t;

#else

using Vector = float __attribute__((vector_size(16)));
constexpr int kTile1 = 4, kTile2 = 2;
constexpr int kGradient1 = 4, kGradient2 = 2;
constexpr int kFours1 = 2, kFours2 = 1;

ALWAYS_INLINE void keep(Vector&) {}
ALWAYS_INLINE Vector zero() {
  return Vector{};
}
ALWAYS_INLINE Vector load(const float* p) {
  return Vector{p[0], p[1], p[2], p[3]};
}
ALWAYS_INLINE Vector broadcast(const float* p) {
  return Vector{*p, *p, *p, *p};
}
ALWAYS_INLINE void store(float* p, Vector v) {
  std::memcpy(p, &v, sizeof v);
}
ALWAYS_INLINE Vector add(Vector a, Vector b) {
  return a + b;
}
ALWAYS_INLINE Vector fma(Vector a, Vector b, Vector c) {
  for (int i = 0; i < 4; ++i) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return c;
}
// max(v, 0) that keeps NaN; d where v > 0, else 0.
ALWAYS_INLINE Vector positive(Vector v) {
  for (int i = 0; i < 4; ++i) v[i] = v[i] < 0.0f ? 0.0f : v[i];
  return v;
}
ALWAYS_INLINE Vector where_positive(Vector v, Vector d) {
  for (int i = 0; i < 4; ++i) d[i] = v[i] > 0.0f ? d[i] : 0.0f;
  return d;
}
using Doubles = double __attribute__((vector_size(16)));

#endif

// Past the caches, where there is such an instruction; here nothing waits for it.
ALWAYS_INLINE void stream(float* p, Vector v) {
  store(p, v);
}
ALWAYS_INLINE void finish_streaming() {}
// Four bfloat16.
ALWAYS_INLINE Vector load(const std::uint16_t* p) {
  std::uint32_t bits[4];
  for (int i = 0; i < 4; ++i) bits[i] = std::uint32_t{p[i]} << 16;
  Vector v;
  std::memcpy(&v, bits, sizeof v);
  return v;
}
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

using Bits = unsigned long long __attribute__((vector_size(16)));
ALWAYS_INLINE Doubles load_doubles(const float* p) {
  return Doubles{double{p[0]}, double{p[1]}};
}
// Of floats, whose product is exact: fused or not is the same.
ALWAYS_INLINE Doubles fma(Doubles a, Doubles b, Doubles c) {
  return a * b + c;
}
ALWAYS_INLINE void store_floats(float* p, Doubles v) {
  p[0] = static_cast<float>(v[0]);
  p[1] = static_cast<float>(v[1]);
}
using Integers = std::int32_t __attribute__((vector_size(16)));
using Bytes = std::uint8_t __attribute__((vector_size(4)));
ALWAYS_INLINE Integers widen(Bytes bytes) {
  return __builtin_convertvector(bytes, Integers);
}
ALWAYS_INLINE Bytes narrow(Integers values) {
  return __builtin_convertvector(values, Bytes);
}
