#include "integrad/tensor/shape.h"

#include <limits>
#include <ostream>
#include <sstream>

#include "integrad/tensor/error.h"

namespace integrad {

Shape::Shape(std::initializer_list<Index> extents)
    : Shape(std::span<const Index>(extents.begin(), extents.size())) {}

Shape::Shape(std::span<const Index> extents) {
  require(extents.size() <= kMaxRank, "a shape has at most ", kMaxRank, " extents; got ",
          extents.size());
  Index elements = 1;
  for (Index extent : extents) {
    require(extent >= 0 && extent <= std::numeric_limits<std::int32_t>::max(),
            "a shape's extents lie in 0..2147483647; got ", extent);
    require(extent == 0 || elements <= kMaxElements / extent,
            "a shape has at most 2^48 elements; extent ", extent, " after ", elements,
            " elements exceeds that");
    elements *= extent;
    extents_[static_cast<std::size_t>(rank_++)] = extent;
  }
}

Index Shape::elements() const {
  Index product = 1;
  for (Index extent : extents()) product *= extent;
  return product;
}

Shape Shape::with(int axis, Index extent) const {
  std::array<Index, kMaxRank> changed = extents_;
  changed[static_cast<std::size_t>(axis)] = extent;
  return Shape(std::span<const Index>(changed.data(), static_cast<std::size_t>(rank_)));
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  out << '[';
  for (int axis = 0; axis < shape.rank(); ++axis) out << (axis > 0 ? "," : "") << shape[axis];
  return out << ']';
}

std::string to_string(const Shape& shape) {
  std::ostringstream text;
  text << shape;
  return text.str();
}

}  // namespace integrad
