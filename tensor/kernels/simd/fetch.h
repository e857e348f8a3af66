// Fetching what is read next while this is computed: memory waits for nobody, but answers late.

struct Shares {
  std::int64_t bytes[Upcoming::kMost];

  ALWAYS_INLINE Shares(const Upcoming& next, std::int64_t tiles) {
    for (int i = 0; i < next.count; ++i) bytes[i] = ((next.bytes[i] - 1) / tiles / 64 + 1) * 64;
  }
  ALWAYS_INLINE void fetch(const Upcoming& next, std::int64_t tile) const {
    for (int i = 0; i < next.count; ++i) {
      const std::int64_t begin = tile * bytes[i], rest = next.bytes[i] - begin;
      const char* const from = next.at[i] + begin;
      for (std::int64_t at = 0; at < (rest < bytes[i] ? rest : bytes[i]); at += 64)
        __builtin_prefetch(from + at, 0, 2);
    }
  }
};
