// Addresses of pixels `step` apart as a few base pointers, four pixels each. The compiler would
// keep a register for every pixel, and spill them; behind the empty asm it cannot see how they
// relate. Included inside an anonymous namespace.
template <class T, int pixels>
struct PixelPointers {
  static constexpr int kBases = (pixels + 3) / 4;
  const T* base[kBases];
  std::int64_t step;

  ALWAYS_INLINE PixelPointers(const T* first, std::int64_t pixel_step) : step(pixel_step) {
    UNROLL for (int i = 0; i < kBases; ++i) base[i] = first + 4 * i * step;
    hide();
  }
  ALWAYS_INLINE void advance(std::int64_t count) {
    UNROLL for (int i = 0; i < kBases; ++i) base[i] += count;
    hide();
  }
  ALWAYS_INLINE void hide() { UNROLL for (int i = 0; i < kBases; ++i) asm("" : "+r"(base[i])); }
  ALWAYS_INLINE const T* at(int pixel) const { return base[pixel / 4] + pixel % 4 * step; }
};

// The same where the step is known when this is compiled: one register and displacements. An
// instruction that multiplies a value from memory falls in two where its address has an index, and
// then instructions, not multiply-adds, limit a convolution of one tap.
template <class T, int step>
struct FixedPixels {
  const T* first;

  ALWAYS_INLINE FixedPixels(const T* pixel, std::int64_t) : first(pixel) {}
  ALWAYS_INLINE void advance(std::int64_t count) { first += count; }
  ALWAYS_INLINE const T* at(int pixel) const { return first + pixel * step; }
};
template <int known_step, int pixels>
ALWAYS_INLINE auto pixels_of(const float* first, std::int64_t step) {
  if constexpr (known_step == 0)
    return PixelPointers<float, pixels>(first, step);
  else
    return FixedPixels<float, known_step>(first, step);
}
