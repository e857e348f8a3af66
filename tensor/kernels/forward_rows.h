#pragma once
#include <algorithm>
#include <optional>

#include "integrad/tensor/kernels/fast.h"
#include "integrad/tensor/kernels/line_source.h"

namespace integrad::kernels::fast {

/// Rows of a forward convolution, for one thread. input.rows(image, begin, end) gives rows of its
/// input; `packed` must outlive this.
template <class Input>
class ForwardRows {
 public:
  ForwardRows(const PackedForward& packed, Input input)
      : packed_(packed),
        input_(std::move(input)),
        planes_(
            packed.narrow ? packed.narrow->planes() : 0,
            std::min(integrad_window_extent(packed.geometry.window.y), packed.geometry.in_height),
            Turn{this}) {
    if (packed.pass) rows_.emplace(*packed.pass);
  }
  ForwardRows(const ForwardRows&) = delete;
  ForwardRows& operator=(const ForwardRows&) = delete;

  void row(Index image, Index row, const RowDestination& into) {
    const ConvGeometry& g = packed_.geometry;
    const Reach r = reach(g.window.y, row, g.in_height);
    // Of a pair the upper row takes three quarters of the time: it begins with what both fetch.
    const bool pairs = packed_.pass && packed_.pass->held > 0;
    if (!pairs || row % 2 == 0) {
      next_ = {};
      add_upcoming(input_, image, r.end, next_);
      if (pairs) add_upcoming(input_, image, r.end + 1, next_);
    }
    if (packed_.narrow) {
      const RingRows<float> planes = planes_.rows(image, r.begin, r.end);
      float_kernels().narrow_row(packed_.narrow->row, planes.every(g.window.y.dilation),
                                 r.first_tap, r.end_tap, into.cached, next_);
    } else {
      rows_->row(image, row, r, input_.rows(image, r.begin, r.end), next_, into);
    }
  }

 private:
  // Makes an input row's planes.
  struct Turn {
    ForwardRows* owner;
    void operator()(Index image, Index row, float* into) const {
      owner->packed_.narrow->make_planes(owner->input_.rows(image, row, row + 1).first, into,
                                         owner->next_);
    }
  };
  const PackedForward& packed_;
  Input input_;
  Upcoming next_;
  std::optional<PassRows> rows_;
  RowRing<Turn> planes_;
};

}  // namespace integrad::kernels::fast
