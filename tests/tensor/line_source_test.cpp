#include "integrad/tensor/kernels/line_source.h"

#include <doctest/doctest.h>

#include "integrad/tensor/kernels/convolution_norm.h"
#include "integrad/tensor/kernels/max_pool.h"
#include "integrad/tests/support/kernel_cases.h"

using namespace integrad;
using namespace integrad::testing;
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

TEST_CASE("some pixels of a line are those alone in memory, and none are nothing") {
  const Tensor<float> a(Shape{2, 4, 6, 3});
  const auto stored = kernels::stored_lines(a);
  kernels::Upcoming next;
  kernels::add_upcoming(stored.places, 5, {6, 6}, 6, next);
  CHECK(next.count == 0);
  kernels::add_upcoming(stored.places, 5, {2, 6}, 6, next);
  CHECK(next.count == 1);
  CHECK(static_cast<const void*>(next.at[0]) == a.data() + (5 * 6 + 2) * 3);
  CHECK(next.bytes[0] == 4 * 3 * Index{sizeof(float)});
}

TEST_CASE("more places than a kernel fetches are left out") {
  const Tensor<float> a(Shape{1, 2, 2, 1});
  auto sum = kernels::stored_lines(a);
  for (int i = 0; i < 4; ++i) sum = kernels::sum_lines(sum, sum, false);
  CHECK(sum.places.size() == 16);
  CHECK(upcoming(sum, 0).size() == kernels::Upcoming::kMost);
}

TEST_CASE("pieces of lines are what whole lines hold there, wherever lines come from") {
  const Shape shape{2, 6, 9, 3};
  const Tensor<float> a = kernel_values<float>(shape, 1), b = kernel_values<float>(shape, 2);
  const Tensor<float> numbers = kernel_values<float>({4, 3}, 3);
  const kernels::ChannelMap<float> map{numbers.data(), numbers.data() + 3, true};
  const Lines lines = Lines::of(shape);
  const auto stored = kernels::stored_lines(a);
  const auto mapped = kernels::mapped_lines<float>(lines, {b.data()}, map);
  std::vector<kernels::LineSource<float>> sources{
      stored, mapped, kernels::sum_lines(mapped, stored, false),
      kernels::sum_lines(stored, mapped, true),
      kernels::cotangent_lines<float>(
          lines, {{a.data()}, {b.data()}, map, numbers.data() + 6, numbers.data() + 9})};
  std::vector<Tensor<std::uint8_t>> winners;
  std::vector<Tensor<float>> pooled;
  // Windows of 2x2 that leave a column over, of 3x3, and some that overlap.
  for (const auto& [kernel, stride] : {std::pair{2, 2}, {3, 3}, {3, 2}}) {
    const ConvGeometry g =
        pool_geometry(shape, WindowSpec::square(kernel, stride, Padding::fixed(0, 0, 0, 0)));
    winners.emplace_back(g.output());
    pooled.emplace_back(g.output());
    kernels::max_pool_forward<float>(g, stored, {pooled.back().data()}, winners.back().data());
    sources.push_back(
        kernels::spread_to_winners(g, kernels::stored_lines(pooled.back()), winners.back().data()));
    sources.push_back(kernels::pick_winners(g, mapped, winners.back().data()));
  }
  for (std::size_t i = 0; i < sources.size(); ++i) {
    CAPTURE(i);
    const kernels::LineSource<float>& source = sources[i];
    const Index pixels = source.lines.pixels, channels = source.lines.channels;
    Tensor<float> whole({source.lines.count, pixels, channels});
    kernels::make_lines(source, whole.data());
    for (const Index piece : {1, 2, 4, 5}) {
      CAPTURE(piece);
      kernels::LineInput<float> input(source);
      Tensor<float> made(whole.shape());
      for (Index line = 0; line < source.lines.count; ++line)
        kernels::for_each_piece(pixels, piece, [&](kernels::Span span) {
          std::copy_n(input.piece(line, span), span.count() * channels,
                      made.data() + (line * pixels + span.begin) * channels);
        });
      CHECK(first_difference(made, whole) == -1);
    }
  }
}

TEST_CASE("a line's sums may be taken in pieces of whole blocks") {
  const Index channels = 5, pixels = 3 * kernels::kSumBlock + 7;
  const Tensor<float> d = kernel_values<float>({pixels, channels}, 1);
  const Tensor<float> y = kernel_values<float>({pixels, channels}, 2);
  const Tensor<float> numbers = kernel_values<float>({2, channels}, 3);
  const kernels::ChannelMap<float> map{numbers.data(), numbers.data() + channels, true};
  std::vector<double> whole(2 * channels, 0.5), pieces = whole, squares = whole, parts = whole;
  kernels::add_gradient_sums(map, pixels, channels, d.data(), y.data(), whole.data());
  kernels::add_moments(pixels, channels, y.data(), squares.data());
  kernels::for_each_piece(pixels, 2 * kernels::kSumBlock, [&](kernels::Span span) {
    const Index at = span.begin * channels;
    kernels::add_gradient_sums(map, span.count(), channels, d.data() + at, y.data() + at,
                               pieces.data());
    kernels::add_moments(span.count(), channels, y.data() + at, parts.data());
  });
  CHECK(pieces == whole);
  CHECK(parts == squares);
}
