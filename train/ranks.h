#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "integrad/tensor/buffer.h"

namespace integrad {

/// Area under the ROC curve, exactly: the share of (positive, negative) pixel pairs whose scores
/// are in the right order, ties counted half. NaN unless both classes occur. Integers are compared
/// and counted, so the value does not depend on an order of summation.
template <class T>
double area_under_curve(std::span<const T> scores, std::span<const std::uint8_t> truth,
                        std::span<const std::uint8_t> field_of_view = {});

/// Scores of both classes, from which the area under the ROC curve follows; those of several images
/// are added. Floats are kept, four bytes each, int8 codes counted.
template <class T>
class Ranks;

template <>
class Ranks<float> {
 public:
  void add(std::span<const float> scores, std::span<const std::uint8_t> truth,
           std::span<const std::uint8_t> field_of_view = {});
  void add(Ranks&& other);
  double area_under_curve() const;

 private:
  /// Numbers of the scores' order, in memory that is kept from image to image.
  struct Keys {
    Keys() = default;
    explicit Keys(std::size_t most) : memory(Buffer<std::int32_t>::uninitialized(most)) {}
    std::span<std::int32_t> values() { return {memory.data(), count}; }
    std::span<const std::int32_t> values() const { return {memory.data(), count}; }

    Buffer<std::int32_t> memory;
    std::size_t count = 0;
  };
  static Keys sorted(std::span<const Keys> parts);

  std::vector<Keys> positive_;  ///< of each image, sorted
  std::vector<Keys> negative_;  ///< sorted runs: pairs are counted run by run
};

template <>
class Ranks<std::int8_t> {
 public:
  void add(std::span<const std::int8_t> scores, std::span<const std::uint8_t> truth,
           std::span<const std::uint8_t> field_of_view = {});
  void add(Ranks&& other);
  double area_under_curve() const;

 private:
  std::array<std::array<std::uint64_t, 256>, 2> histogram_{};  ///< by class, then code + 128
};

}  // namespace integrad
