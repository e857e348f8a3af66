// Fetching what is read next while this is computed: memory waits for nobody, but answers late, and
// a core can wait for a dozen lines at a time only. So one line is asked for at each step of a
// loop.

class Fetch {
 public:
  ALWAYS_INLINE explicit Fetch(Upcoming& upcoming) : next_(&upcoming), near_(upcoming.near) {
    open();
  }
  // Member by member: copied whole, by vector moves, it would be read back in other pieces than it
  // was written in, for which a core waits until all are in the cache.
  ALWAYS_INLINE Fetch(const Fetch& f)
      : next_(f.next_), at_(f.at_), left_(f.left_), near_(f.near_) {}
  ALWAYS_INLINE Fetch& operator=(const Fetch& f) {
    at_ = f.at_;
    left_ = f.left_;
    return *this;
  }
  // Where another kernel goes on.
  ALWAYS_INLINE void close() const {
    if (next_->first >= next_->count) return;
    next_->at[next_->first] = at_;
    next_->bytes[next_->first] = left_;
  }
  template <int lines = 1, int locality = 2>
  ALWAYS_INLINE void step() {
    if (left_ <= 0) return;
    __builtin_prefetch(at_, 0, locality);
    at_ += 64 * lines;
    left_ -= 64 * lines;
    if (left_ <= 0) {
      ++next_->first;
      open();
    }
  }
  // Where Upcoming asks for it, into the first cache.
  ALWAYS_INLINE void step_near() {
    if (near_)
      step<1, 3>();
    else
      step();
  }

 private:
  ALWAYS_INLINE void open() {
    const bool any = next_->first < next_->count;
    at_ = any ? next_->at[next_->first] : nullptr;
    left_ = any ? next_->bytes[next_->first] : 0;
  }
  Upcoming* next_;
  const char* at_;
  std::int64_t left_;
  bool near_;
};
