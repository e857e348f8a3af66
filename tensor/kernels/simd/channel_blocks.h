// Channels of a pixel in blocks: a vector each, and the last may have fewer.

// A vector of channels; the last may have fewer, and nothing beyond them may be touched.
template <bool whole>
ALWAYS_INLINE Vector load_channels(const float* p, std::int64_t channels) {
  return whole ? load(p) : load_first(p, channels);
}

template <bool whole>
ALWAYS_INLINE void store_channels(float* p, Vector v, std::int64_t channels) {
  if (whole)
    store(p, v);
  else
    store_first(p, v, channels);
}

// How many blocks of channels are worked on together, and whether they fill their vectors.
template <int count, bool full>
struct Blocks {
  static constexpr int vectors = count;
  static constexpr bool whole = full;
};
// Calls visit(first channel, Blocks) for all channels, `most` blocks at a time where there are:
// what lies side by side in memory is read together.
template <int most, class Visit>
ALWAYS_INLINE void for_each_block(std::int64_t channels, Visit visit) {
  std::int64_t first = 0;
  for (; first + most * kLanes <= channels; first += most * kLanes)
    visit(first, Blocks<most, true>{});
  if constexpr (most > 1)
    for (; first + kLanes <= channels; first += kLanes) visit(first, Blocks<1, true>{});
  if (first < channels) visit(first, Blocks<1, false>{});
}
