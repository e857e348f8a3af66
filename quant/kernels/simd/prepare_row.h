// Brings a row of codes into the form that the kernels multiply.

void fill_elements(std::uint8_t* into, std::int64_t bytes, std::int32_t zero_point) {
  constexpr std::int64_t kSize = sizeof(Element);
  const Element value = element_of(static_cast<std::int8_t>(zero_point), zero_point);
  for (std::int64_t i = 0; i < bytes / kSize; ++i)
    std::memcpy(into + i * kSize, &value, sizeof value);
}

// `count` codes; the last group is completed with anything, for its weights are zeros.
ALWAYS_INLINE void prepare_pixel(const std::int8_t* codes, std::int64_t count, std::uint8_t* into,
                                 std::int32_t zero_point) {
  constexpr int kPiece = 16 / sizeof(Element);
  const Vector zero = splat(zero_point);
  std::int64_t i = 0;
  for (; i + kPiece <= count; i += kPiece)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(into + i * static_cast<int>(sizeof(Element))),
                     piece_of(codes + i, zero));
  for (; i < count; ++i) {
    const Element value = element_of(codes[i], zero_point);
    std::memcpy(into + i * static_cast<int>(sizeof value), &value, sizeof value);
  }
}

void prepare_codes(const std::int8_t* codes, std::int64_t count, std::uint8_t* into,
                   std::int32_t zero_point) {
  const Vector zero = splat(zero_point);
  std::int64_t i = 0;
  for (; i + kVectorCodes <= count; i += kVectorCodes)
    store(into + i * static_cast<int>(sizeof(Element)), elements_of(codes + i, zero));
  prepare_pixel(codes + i, count - i, into + i * static_cast<int>(sizeof(Element)), zero_point);
}

// Pixels of up to three codes, completed with the next pixel's to four; four pixels at a time while
// the 16 codes at the first of them belong to the row. Returns how many pixels that are.
std::int64_t prepare_few(const std::int8_t* codes, std::int64_t pixels, std::int64_t count,
                         std::uint8_t* into, std::int32_t zero_point) {
  const Vector zero = splat(zero_point);
  const int step = static_cast<int>(count) * 0x01010101;
  const __m128i order =
      _mm_add_epi8(_mm_setr_epi32(0, step, 2 * step, 3 * step), _mm_set1_epi32(0x03020100));
  std::int64_t x = 0;
  for (; (x * count) + 16 <= pixels * count; x += 4) {
    const __m128i four = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes + x * count));
    store_elements(into + x * 4 * static_cast<int>(sizeof(Element)), _mm_shuffle_epi8(four, order),
                   zero);
  }
  return x;
}

void prepare_row(const RowLayout& r, const std::int8_t* row, std::uint8_t* into) {
  constexpr std::int64_t kSize = sizeof(Element);
  const std::int64_t room = r.pixels - r.pad;  // may be below 0
  const std::int64_t inside = row == nullptr || room <= 0 ? 0 : room < r.width ? room : r.width;
  const std::int64_t before = inside > 0 ? r.pad : r.pixels;
  for (std::int64_t block = 0; block < r.blocks; ++block) {
    fill_elements(into, before * r.pixel_bytes, r.zero_point);
    into += before * r.pixel_bytes;
    const std::int64_t first = block * r.block_channels, left = r.channels - first;
    const std::int64_t count = left < r.block_channels ? left : r.block_channels;
    if (count == r.channels && count * kSize == r.pixel_bytes)
      prepare_codes(row, inside * count, into, r.zero_point);
    else {
      std::int64_t x = 0;
      if (count == r.channels && count < 4 && r.pixel_bytes == 4 * kSize)
        x = prepare_few(row, inside, count, into, r.zero_point);
      for (; x < inside; ++x)
        prepare_pixel(row + x * r.channels + first, count, into + x * r.pixel_bytes, r.zero_point);
    }
    into += inside * r.pixel_bytes;
    const std::int64_t after = (r.pixels - before - inside) * r.pixel_bytes;
    fill_elements(into, after, r.zero_point);
    into += after;
  }
}

// Brings the bytes begin .. end - 1 of a row into the second cache, which prepare_row will want. A
// prefetch never faults, so they may lie beyond the row.
ALWAYS_INLINE void fetch(const std::int8_t* row, std::int64_t begin, std::int64_t end) {
  if (row == nullptr) return;
  for (std::int64_t at = begin; at < end; at += 64)
    _mm_prefetch(reinterpret_cast<const char*>(row) + at, _MM_HINT_T1);
}

// The same for `bytes` of a result that are written a little later: memory gives a line before it
// is written to, and the processor's own prefetching stops at the end of each page.
ALWAYS_INLINE void fetch_output(const std::int8_t* output, std::int64_t bytes) {
  constexpr std::int64_t kAhead = 2048;
  fetch(output, kAhead, kAhead + bytes);
}
