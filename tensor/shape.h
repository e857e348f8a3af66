#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>

namespace integrad {

using Index = std::int64_t;

/// Extents of a dense tensor, one to four of them, outermost first. A feature map is
/// [batch, height, width, channels] (NHWC). No extent exceeds 2^31 - 1 and no element count 2^48,
/// so that products of a few extents stay within Index.
class Shape {
 public:
  static constexpr int kMaxRank = 4;
  static constexpr Index kMaxElements = Index{1} << 48;

  Shape() = default;
  /// Throws Error for more than four extents, a negative one, or too many elements.
  Shape(std::initializer_list<Index> extents);
  explicit Shape(std::span<const Index> extents);

  int rank() const { return rank_; }
  Index operator[](int axis) const { return extents_[static_cast<std::size_t>(axis)]; }
  std::span<const Index> extents() const {
    return {extents_.data(), static_cast<std::size_t>(rank_)};
  }
  /// Product of the extents; 1 for rank 0.
  Index elements() const;

  /// The NHWC names; only meaningful for rank 4.
  Index batch() const { return extents_[0]; }
  Index height() const { return extents_[1]; }
  Index width() const { return extents_[2]; }
  /// The last extent, for any rank above 0.
  Index channels() const { return extents_[static_cast<std::size_t>(rank_ - 1)]; }

  /// The same shape with one extent replaced.
  Shape with(int axis, Index extent) const;

  bool operator==(const Shape&) const = default;

 private:
  std::array<Index, kMaxRank> extents_{};
  int rank_ = 0;
};

/// Prints as [1,32,32,16], everywhere.
std::ostream& operator<<(std::ostream& out, const Shape& shape);
std::string to_string(const Shape& shape);

}  // namespace integrad
