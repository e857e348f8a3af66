#include "integrad/train/elastic_field.h"

#include <array>

namespace integrad {

namespace {

// The next node after the image's last pixel, one before, two after.
Index node_count(Index side) {
  return (side - 1) / ElasticField::kSpacing + 4;
}

struct Spline {
  Index first;  // node
  std::array<double, 4> weights;
};

Spline spline_at(Index position) {
  const double t = static_cast<double>(position % ElasticField::kSpacing) /
                   static_cast<double>(ElasticField::kSpacing);
  const double u = 1 - t;
  return {position / ElasticField::kSpacing,
          {u * u * u / 6, (3 * t * t * t - 6 * t * t + 4) / 6, (3 * u * u * u - 6 * u * u + 4) / 6,
           t * t * t / 6}};
}

template <class Node>
ElasticField::Offset blend(const Spline& spline, Node&& node) {
  ElasticField::Offset sum{0, 0};
  for (Index k = 0; k < 4; ++k) {
    const ElasticField::Offset& at = node(spline.first + k);
    const double weight = spline.weights[static_cast<std::size_t>(k)];
    sum.y += weight * at.y;
    sum.x += weight * at.x;
  }
  return sum;
}

}  // namespace

ElasticField::ElasticField(const Random& random, Index height, Index width, double deviation)
    : columns_(node_count(width)),
      nodes_(static_cast<std::size_t>(node_count(height) * node_count(width))) {
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    nodes_[i] = {deviation * random.normal(2 * i), deviation * random.normal(2 * i + 1)};
}

std::vector<ElasticField::Offset> ElasticField::row(Index y, Index first_x, Index count) const {
  const Spline vertical = spline_at(y);
  std::vector<Offset> line(static_cast<std::size_t>(columns_));
  for (Index column = 0; column < columns_; ++column)
    line[static_cast<std::size_t>(column)] = blend(vertical, [&](Index row) -> const Offset& {
      return nodes_[static_cast<std::size_t>(row * columns_ + column)];
    });
  std::vector<Offset> result(static_cast<std::size_t>(count));
  for (Index x = 0; x < count; ++x)
    result[static_cast<std::size_t>(x)] = blend(
        spline_at(first_x + x),
        [&](Index column) -> const Offset& { return line[static_cast<std::size_t>(column)]; });
  return result;
}

}  // namespace integrad
