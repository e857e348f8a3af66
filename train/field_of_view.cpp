#include "integrad/train/field_of_view.h"

#include <vector>

namespace integrad {

Image largest_component(const Image& mask) {
  require(mask.shape().rank() == 4 && mask.shape().batch() == 1 && mask.shape().channels() == 1,
          "components are found in a mask of shape [1,h,w,1]; got ", mask.shape());
  const Index height = mask.shape().height(), width = mask.shape().width();
  std::vector<Index> group(static_cast<std::size_t>(mask.size()), 0);  // 0: not visited
  auto group_at = [&](Index i) -> Index& { return group[static_cast<std::size_t>(i)]; };
  std::vector<Index> waiting;
  Index groups = 0, best = 0, best_size = 0;
  for (Index start = 0; start < mask.size(); ++start) {
    if (mask[start] == 0 || group_at(start) != 0) continue;
    ++groups;
    Index size = 0;
    group_at(start) = groups;
    waiting.push_back(start);
    while (!waiting.empty()) {
      const Index at = waiting.back(), y = at / width, x = at % width;
      waiting.pop_back();
      ++size;
      auto visit = [&](bool inside, Index neighbour) {
        if (!inside || mask[neighbour] == 0 || group_at(neighbour) != 0) return;
        group_at(neighbour) = groups;
        waiting.push_back(neighbour);
      };
      visit(y > 0, at - width);
      visit(y + 1 < height, at + width);
      visit(x > 0, at - 1);
      visit(x + 1 < width, at + 1);
    }
    if (size > best_size) {
      best = groups;
      best_size = size;
    }
  }
  Image result(mask.shape());
  for (Index i = 0; i < mask.size(); ++i) result[i] = best != 0 && group_at(i) == best ? 1 : 0;
  return result;
}

Image field_of_view(const Image& photograph, int red_threshold) {
  require(photograph.shape().rank() == 4 && photograph.shape().channels() == 3,
          "a field of view is found in a photograph of shape [1,h,w,3]; got ", photograph.shape());
  Image bright(photograph.shape().with(3, 1));
  for (Index i = 0; i < bright.size(); ++i) bright[i] = photograph[3 * i] > red_threshold ? 1 : 0;
  return largest_component(bright);
}

}  // namespace integrad
