// Max pool and unpool of 2x2 windows side by side, 16 channels at a time. A window's place is two
// bits, its row and its column; four channels share a byte.

ALWAYS_INLINE __m128i codes_at(const std::int8_t* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}
ALWAYS_INLINE void put_codes(std::int8_t* p, __m128i codes) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), codes);
}

template <bool with_winners>
void max_pool_windows(const PoolRow& c, const std::int8_t* row, const std::int8_t* below,
                      std::int8_t* output, std::uint8_t* winners) {
  const __m128i low = _mm_set1_epi8(static_cast<char>(c.low));
  const __m128i high = _mm_set1_epi8(static_cast<char>(c.high));
  const __m128i pairs = _mm_set1_epi16(1 + 4 * 256), quads = _mm_set1_epi32(1 + 16 * 65536);
  const __m128i lowest_bytes = _mm_set1_epi32(12 << 24 | 8 << 16 | 4 << 8);
  for (std::int64_t x = 0; x < c.windows; ++x, row += c.channels, below += c.channels)
    for (std::int64_t i = 0; i < c.channels; i += 16, row += 16, below += 16, output += 16) {
      __m128i largest = codes_at(row), place = _mm_setzero_si128();
      const auto compare = [&](const std::int8_t* p, char number) {
        const __m128i codes = codes_at(p);
        if constexpr (with_winners)
          place = _mm_blendv_epi8(place, _mm_set1_epi8(number), _mm_cmpgt_epi8(codes, largest));
        largest = _mm_max_epi8(largest, codes);
      };
      compare(row + c.channels, 1);
      compare(below, 2);
      compare(below + c.channels, 3);
      put_codes(output, _mm_min_epi8(_mm_max_epi8(largest, low), high));
      if constexpr (with_winners) {
        // Four bytes a, b, c, d become a + 4 b + 16 c + 64 d.
        const __m128i packed = _mm_madd_epi16(_mm_maddubs_epi16(place, pairs), quads);
        const int four = _mm_cvtsi128_si32(_mm_shuffle_epi8(packed, lowest_bytes));
        std::memcpy(winners, &four, sizeof four);
        winners += sizeof four;
      }
    }
}

void max_pool_row(const PoolRow& c, const std::int8_t* row, const std::int8_t* below,
                  std::int8_t* output, std::uint8_t* winners) {
  if (winners != nullptr)
    max_pool_windows<true>(c, row, below, output, winners);
  else
    max_pool_windows<false>(c, row, below, output, winners);
}

template <bool upper, bool lower>
void unpool_windows(const PoolRow& c, const std::int8_t* input, const std::uint8_t* winners,
                    std::int8_t* row, std::int8_t* below) {
  const __m128i fill = _mm_set1_epi8(static_cast<char>(c.fill));
  const __m128i spread = _mm_setr_epi8(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
  const __m128i bits = _mm_set1_epi32(3 | 12 << 8 | 48 << 16 | static_cast<int>(192u << 24));
  const __m128i ones = _mm_set1_epi32(1 | 4 << 8 | 16 << 16 | 64 << 24);
  for (std::int64_t x = 0; x < c.windows; ++x) {
    for (std::int64_t i = 0; i < c.channels; i += 16, input += 16) {
      int four;
      std::memcpy(&four, winners, sizeof four);
      winners += sizeof four;
      // Each byte keeps the two bits of its own channel.
      const __m128i place = _mm_and_si128(_mm_shuffle_epi8(_mm_cvtsi32_si128(four), spread), bits);
      const __m128i codes = codes_at(input);
      const auto put = [&](std::int8_t* p, __m128i number) {
        put_codes(p, _mm_blendv_epi8(fill, codes, _mm_cmpeq_epi8(place, number)));
      };
      if constexpr (upper) {
        put(row, _mm_setzero_si128());
        put(row + c.channels, ones);
        row += 16;
      }
      if constexpr (lower) {
        put(below, _mm_add_epi8(ones, ones));
        put(below + c.channels, bits);
        below += 16;
      }
    }
    if constexpr (upper) row += c.channels;
    if constexpr (lower) below += c.channels;
  }
}

void unpool_row(const PoolRow& c, const std::int8_t* input, const std::uint8_t* winners,
                std::int8_t* row, std::int8_t* below) {
  if (row != nullptr && below != nullptr)
    unpool_windows<true, true>(c, input, winners, row, below);
  else if (row != nullptr)
    unpool_windows<true, false>(c, input, winners, row, below);
  else
    unpool_windows<false, true>(c, input, winners, row, below);
}
