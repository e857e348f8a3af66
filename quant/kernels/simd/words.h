// Sixteen 16-bit numbers in an AVX register. Included inside an anonymous namespace.
using Words = __m256i;
constexpr std::int64_t kWords = 16;

ALWAYS_INLINE Words splat_words(std::int32_t value) {
  return _mm256_set1_epi16(static_cast<std::int16_t>(value));
}
// Codes without their zero point.
ALWAYS_INLINE Words words_of(const std::int8_t* codes, Words zero_point) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes));
  return _mm256_sub_epi16(_mm256_cvtepi8_epi16(bytes), zero_point);
}
ALWAYS_INLINE Words load_words(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
ALWAYS_INLINE void store_words(void* p, Words v) {
  _mm256_storeu_si256(static_cast<__m256i*>(p), v);
}
ALWAYS_INLINE Words add_words(Words a, Words b) {
  return _mm256_add_epi16(a, b);
}
ALWAYS_INLINE Words subtract_words(Words a, Words b) {
  return _mm256_sub_epi16(a, b);
}
// Two or four times.
template <int factor>
ALWAYS_INLINE Words times_words(Words a) {
  static_assert(factor == 2 || factor == 4);
  return _mm256_slli_epi16(a, factor / 2);
}
