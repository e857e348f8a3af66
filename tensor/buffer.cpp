#include "integrad/tensor/buffer.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <algorithm>
#include <map>
#include <mutex>
#include <new>
#include <vector>

namespace integrad::detail {

namespace {

constexpr std::align_val_t kAlignment{64};

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kKeepsBlocks = false;  // the sanitizer must see each buffer begin and end
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kKeepsBlocks = false;
#else
constexpr bool kKeepsBlocks = true;
#endif
#else
constexpr bool kKeepsBlocks = true;
#endif
// Smaller blocks are the allocator's business: it reuses them itself.
constexpr std::size_t kLarge = std::size_t{1} << 16;

// Whole large pages of the processor within a block are asked for: maps of hundreds of MB are
// walked line by line, and each small page is a look-up (in a virtual machine, two) and a fault of
// its own.
constexpr std::size_t kPage = std::size_t{1} << 21;

void* new_block(std::size_t bytes) {
  if (bytes < kPage) return ::operator new(bytes, kAlignment);
  void* const block = ::operator new (bytes, std::align_val_t{kPage});
#if defined(__linux__)
  // A hint: where it is refused, small pages do.
  static_cast<void>(madvise(block, bytes / kPage * kPage, MADV_HUGEPAGE));
#endif
  return block;
}
void delete_block(void* block, std::size_t bytes) noexcept {
  ::operator delete (block, bytes < kPage ? kAlignment : std::align_val_t{kPage});
}

class Store {
 public:
  void* take(std::size_t bytes) {
    const std::lock_guard<std::mutex> guard(lock_);
    const std::size_t wanted = in_use_ + bytes, most = std::max(most_in_use_, wanted);
    const auto held = [&] { return wanted + unused_ + kept_bytes_; };
    auto found = kept_.find(bytes);
    // Rather the beginning of a larger block than a new one for which others must go.
    if (found == kept_.end() && held() > most + most / 4) found = kept_.lower_bound(bytes);
    if (found != kept_.end()) return reuse(found, bytes);
    // The largest go first: they are the ones that a change of size leaves behind.
    while (kept_bytes_ > 0 && held() > most + most / 4) drop_largest();
    void* block = allocate(bytes);
    count(bytes);  // only what was given: a refused request must not raise the limit for ever
    return block;
  }

  BlockUse use() {
    const std::lock_guard<std::mutex> guard(lock_);
    return {in_use_, watched_};
  }
  void watch() {
    const std::lock_guard<std::mutex> guard(lock_);
    watched_ = in_use_;
  }

  void give(void* block, std::size_t bytes) noexcept {
    const std::lock_guard<std::mutex> guard(lock_);
    in_use_ -= bytes;
    if (const auto larger = larger_.find(block); larger != larger_.end()) {
      unused_ -= larger->second - bytes;
      bytes = larger->second;
      larger_.erase(larger);
    }
    try {
      kept_[bytes].push_back(block);
      kept_bytes_ += bytes;
    } catch (const std::bad_alloc&) {
      const auto found = kept_.find(bytes);
      if (found != kept_.end() && found->second.empty()) kept_.erase(found);
      delete_block(block, bytes);
    }
  }

 private:
  using Kept = std::map<std::size_t, std::vector<void*>>;

  void* reuse(Kept::iterator found, std::size_t bytes) {
    void* const block = found->second.back();
    const std::size_t size = found->first;
    if (size > bytes) larger_[block] = size;  // may throw: nothing has changed yet
    found->second.pop_back();
    if (found->second.empty()) kept_.erase(found);
    kept_bytes_ -= size;
    unused_ += size - bytes;
    count(bytes);
    return block;
  }

  void* allocate(std::size_t bytes) {
    try {
      return new_block(bytes);
    } catch (const std::bad_alloc&) {
      while (kept_bytes_ > 0) drop_largest();
      return new_block(bytes);
    }
  }

  void count(std::size_t bytes) noexcept {
    in_use_ += bytes;
    most_in_use_ = std::max(most_in_use_, in_use_);
    watched_ = std::max(watched_, in_use_);
  }

  void drop_largest() noexcept {
    const auto largest = std::prev(kept_.end());
    delete_block(largest->second.back(), largest->first);
    largest->second.pop_back();
    kept_bytes_ -= largest->first;
    if (largest->second.empty()) kept_.erase(largest);
  }

  std::mutex lock_;
  Kept kept_;                            // by size; never an empty vector
  std::map<void*, std::size_t> larger_;  // sizes of blocks in use that are larger than asked for
  std::size_t in_use_ = 0, unused_ = 0;  // bytes of blocks in use, asked for and beyond
  std::size_t kept_bytes_ = 0, most_in_use_ = 0, watched_ = 0;
};

// Never destroyed: buffers of static duration may outlive it otherwise.
Store& store() {
  static Store* const instance = new Store;
  return *instance;
}

}  // namespace

void* take_block(std::size_t bytes) {
  return kKeepsBlocks && bytes >= kLarge ? store().take(bytes) : new_block(bytes);
}

void give_block(void* block, std::size_t bytes) noexcept {
  if (kKeepsBlocks && bytes >= kLarge)
    store().give(block, bytes);
  else
    delete_block(block, bytes);
}

BlockUse block_use() {
  return store().use();
}

void watch_blocks() {
  store().watch();
}

}  // namespace integrad::detail
