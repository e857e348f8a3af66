#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>
#include <type_traits>

#include "integrad/tensor/error.h"
#include "integrad/tensor/parallel.h"

/// What all metrics of pixels share: which are counted, and how threads divide them.
namespace integrad {

inline void check_sizes(std::size_t scores, std::size_t truth, std::size_t field_of_view) {
  require(scores == truth, "metrics need one truth for each score; got ", scores, " scores, ",
          truth, " truths");
  require(field_of_view == 0 || field_of_view == truth, "a field of view of ", field_of_view,
          " pixels does not fit an image of ", truth);
}

inline bool counted(std::span<const std::uint8_t> field_of_view, std::size_t i) {
  return field_of_view.empty() || field_of_view[i] != 0;
}

constexpr std::size_t kPart = 1 << 16;  // pixels
constexpr std::size_t part_count(std::size_t pixels, std::size_t size) {
  return (pixels + size - 1) / size;
}

/// visit(number, first pixel, behind the last) for parts of `size` pixels, on several threads.
template <class Visit>
void each_part(std::size_t pixels, std::size_t size, Visit visit) {
  parallel_chunks(static_cast<Index>(part_count(pixels, size)), [&](Index number) {
    const std::size_t begin = static_cast<std::size_t>(number) * size;
    visit(static_cast<std::size_t>(number), begin, std::min(pixels, begin + size));
  });
}

/// Throws Error when a score that is counted is NaN.
template <class T>
void check_numbers(std::span<const T> scores, std::span<const std::uint8_t> field_of_view) {
  if constexpr (std::is_floating_point_v<T>) {
    std::atomic<bool> all = true;
    each_part(scores.size(), kPart, [&](std::size_t, std::size_t begin, std::size_t end) {
      // Without a branch on the data: the compiler turns this into vectors.
      std::uint32_t no_number = 0;
      for (std::size_t i = begin; i < end; ++i)
        no_number |= static_cast<std::uint32_t>(counted(field_of_view, i)) &
                     static_cast<std::uint32_t>(scores[i] != scores[i]);
      if (no_number != 0) all = false;
    });
    require(all, "a score is not a number");
  }
}

}  // namespace integrad
