#pragma once
#include <algorithm>
#include <optional>
#include <vector>

#include "integrad/tensor/kernels/bands.h"
#include "integrad/tensor/kernels/fast.h"
#include "integrad/tensor/kernels/line_source.h"

/// The gradients of a convolution from rows that are made as they are needed, whatever memory
/// holds: values before their normalisation, or codes.
namespace integrad::kernels::fast {

/// dx through finish, and dfilter, dbias (may be null); false, having done nothing, where there is
/// no row kernel or a stride above 1. Each band of output rows has, from these makers, its own
///   input.rows(image, begin, end)      rows of the input
///   cotangent.rows(image, begin, end)  and of the output's cotangent
///   finish.row(line, compute)          stores a row of dx; compute(into) writes the convolution's
///   term
/// A band adds to the filter's gradient and computes the input rows of the same numbers, the last
/// row of an image those that remain: every input row has one owner, and the rows of the cotangent
/// that both need are made once (those at a band's edge twice).
/// At most rows_of_cotangent() rows of the cotangent are asked for at once: padding is smaller than
/// the window, so an output row lies among those that the input row of its number reads.
inline Index rows_of_cotangent(const ConvGeometry& g) {
  return std::min(integrad_window_extent(g.window.y), g.out_height);
}
template <class MakeInput, class MakeCotangent, class MakeFinish>
bool gradients_in_bands(Convolution kind, const ConvGeometry& g, const float* filter,
                        bool wants_input, MakeInput make_input, MakeCotangent make_cotangent,
                        MakeFinish make_finish, float* dfilter, float* dbias) {
  if (g.window.y.stride != 1 || g.window.x.stride != 1) return false;
  const PackedGradient gradient = pack_filter_gradient(kind, g, dbias != nullptr);
  const auto passes =
      wants_input ? pack_input_gradient(kind, g, filter) : std::vector<PackedPass>{};
  if (gradient.rows == 0 || (wants_input && passes.empty())) return false;
  // Whether the row above an output row is among those that the input row of its number reads.
  const bool keeps_above = !passes.empty() && g.out_height <= g.in_height &&
                           reach(passes.front().pass.y, 1, g.out_height).begin == 0;
  const auto band = [&](Index begin, Index end, float* partial) {
    auto input = make_input();
    auto dy = make_cotangent();
    GradientRows rows(gradient, keeps_above);
    auto finish = make_finish();
    std::optional<PassRows> gradient_rows;
    if (!passes.empty()) gradient_rows.emplace(passes.front());
    for (Index row = begin; row < end; ++row) {
      const Index image = row / g.out_height, oy = row % g.out_height;
      // Input rows that this output row owns, and all rows of dy that are needed now.
      const Index in_begin = passes.empty() ? 0 : std::min<Index>(oy, g.in_height);
      const Index in_end = passes.empty()           ? 0
                           : oy + 1 == g.out_height ? g.in_height
                                                    : std::min<Index>(oy + 1, g.in_height);
      Index dy_begin = oy, dy_end = oy + 1;
      for (Index iy = in_begin; iy < in_end; ++iy) {
        const Reach r = reach(passes.front().pass.y, iy, g.out_height);
        if (r.begin == r.end) continue;
        dy_begin = std::min(dy_begin, r.begin);
        dy_end = std::max(dy_end, r.end);
      }
      const RingRows<float> rows_of_dy = dy.rows(image, dy_begin, dy_end);
      const auto d = [=](Index y) { return rows_of_dy.from(std::max(y, dy_begin) - dy_begin); };
      const Reach r = reach(g.window.y, oy, g.in_height);
      const RingRows<float> x = input.rows(image, r.begin, r.end);
      Upcoming next;
      if (row + 1 < gradient.rows) {
        add_upcoming(input, image, r.end, next);
        add_upcoming(dy, image, dy_end, next);
        if (in_begin < in_end) finish.add_upcoming(image * g.in_height + in_end, next);
      }
      rows.add(oy, row + 1 == end || oy + 1 == g.out_height, r, x, d(oy).first,
               dy_begin < oy ? d(oy - 1).first : nullptr, partial, next);
      for (Index iy = in_begin; iy < in_end; ++iy) {
        const Reach back = reach(passes.front().pass.y, iy, g.out_height);
        finish.row(image * g.in_height + iy, [&](const RowDestination& row_into) {
          gradient_rows->row(image, iy, back, d(back.begin), next, row_into);
        });
      }
    }
  };
  sum_bands<float>(gradient.rows, gradient.band(), gradient.size(), band,
                   [&](const float* total) { gradient.unpack(total, dfilter, dbias); });
  return true;
}

}  // namespace integrad::kernels::fast
