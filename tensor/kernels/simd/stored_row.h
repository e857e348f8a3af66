// Sums of rows; rows stored in bfloat16: the integer arithmetic of bfloat16.h on whole registers.

void add_row(std::int64_t count, const float* a, const float* b, const RowDestination& to) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Vector sum = add(load(a + i), load(b + i));
    if (to.streamed != nullptr) stream(to.streamed + i, sum);
    if (to.cached != nullptr) store(to.cached + i, sum);
  }
  if (to.streamed != nullptr) finish_streaming();
  const std::int64_t left = count - i;
  if (left == 0) return;
  const Vector sum = add(load_first(a + i, left), load_first(b + i, left));
  if (to.streamed != nullptr) store_first(to.streamed + i, sum, left);
  if (to.cached != nullptr) store_first(to.cached + i, sum, left);
}

void stream_row(std::int64_t count, const float* from, float* to) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) stream(to + i, load(from + i));
  finish_streaming();
  if (i < count) store_first(to + i, load_first(from + i, count - i), count - i);
}

typedef std::uint32_t FloatBits __attribute__((vector_size(sizeof(Vector))));
typedef std::uint16_t Halves __attribute__((vector_size(sizeof(Vector) / 2)));

// Stores the bfloat16 nearest to v, and returns them as floats.
ALWAYS_INLINE Vector store_rounded(std::uint16_t* p, Vector v) {
  const FloatBits bits = (FloatBits)v, nan = (FloatBits)(v != v);
  const FloatBits nearest = bits + 0x7fffu + ((bits >> 16) & 1u);
  const FloatBits upper = ((nan & (bits | 0x00400000u)) | (~nan & nearest)) >> 16;
  const Halves halves = __builtin_convertvector(upper, Halves);
  std::memcpy(p, &halves, sizeof halves);
  return (Vector)(upper << 16);
}

void expand_row(const std::uint16_t* from, std::int64_t count, float* to) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(to + i, load(from + i));
  const auto left = static_cast<std::size_t>(count - i);
  if (left == 0) return;
  std::uint16_t rest[kLanes] = {};
  std::memcpy(rest, from + i, left * sizeof *rest);
  store_first(to + i, load(rest), count - i);
}

void round_row(float* values, std::int64_t count, std::uint16_t* to) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    store(values + i, store_rounded(to + i, load(values + i)));
  const auto left = static_cast<std::size_t>(count - i);
  if (left == 0) return;
  std::uint16_t rest[kLanes];
  store_first(values + i, store_rounded(rest, load_first(values + i, count - i)), count - i);
  std::memcpy(to + i, rest, left * sizeof *rest);
}
