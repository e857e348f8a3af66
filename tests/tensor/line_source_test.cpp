#include "integrad/tensor/kernels/line_source.h"

#include <doctest/doctest.h>

#include "integrad/tensor/kernels/convolution_norm.h"
#include "integrad/tensor/kernels/max_pool.h"

using namespace integrad;
using kernels::Lines;

namespace {

/// What reading a line next means for memory.
std::vector<std::pair<const void*, Index>> upcoming(const kernels::LineSource<float>& source,
                                                    Index line) {
  kernels::Upcoming next;
  kernels::add_upcoming(source.places, line, next);
  std::vector<std::pair<const void*, Index>> result;
  for (int i = 0; i < next.count; ++i) result.emplace_back(next.at[i], next.bytes[i]);
  return result;
}

}  // namespace

TEST_CASE("a line's places in memory are those of the maps that it is made from") {
  const Tensor<float> a(Shape{2, 4, 6, 3}), b(a.shape()), coarse(Shape{2, 2, 3, 3});
  const auto taps = Tensor<std::uint8_t>(coarse.shape());
  const Lines lines = Lines::of(a.shape());
  const Index row = 6 * 3, coarse_row = 3 * 3;
  const auto stored = kernels::stored_lines(a);
  CHECK(upcoming(stored, 5) ==
        std::vector<std::pair<const void*, Index>>{{a.data() + 5 * row, 4 * row}});
  const auto sum =
      kernels::sum_lines(kernels::mapped_lines<float>(lines, {b.data()}, {}), stored, false);
  CHECK(upcoming(sum, 7) == std::vector<std::pair<const void*, Index>>{
                                {b.data() + 7 * row, 4 * row}, {a.data() + 7 * row, 4 * row}});
  const ConvGeometry g =
      pool_geometry(a.shape(), WindowSpec::square(2, 2, Padding::fixed(0, 0, 0, 0)));
  const auto spread = kernels::spread_to_winners(g, kernels::stored_lines(coarse), taps.data());
  for (const Index line : {6, 7})  // both of the coarse row 3
    CHECK(upcoming(spread, line) == std::vector<std::pair<const void*, Index>>{
                                        {coarse.data() + 3 * coarse_row, 4 * coarse_row},
                                        {taps.data() + 3 * coarse_row, coarse_row}});
  const auto cotangent =
      kernels::cotangent_lines<float>(lines, {{a.data()}, {b.data()}, {}, nullptr, nullptr});
  CHECK(upcoming(cotangent, 1) == std::vector<std::pair<const void*, Index>>{
                                      {a.data() + row, 4 * row}, {b.data() + row, 4 * row}});
}

TEST_CASE("more places than a kernel fetches are left out") {
  const Tensor<float> a(Shape{1, 2, 2, 1});
  auto sum = kernels::stored_lines(a);
  for (int i = 0; i < 4; ++i) sum = kernels::sum_lines(sum, sum, false);
  CHECK(sum.places.size() == 16);
  CHECK(upcoming(sum, 0).size() == kernels::Upcoming::kMost);
}
