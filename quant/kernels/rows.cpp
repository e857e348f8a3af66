#include <algorithm>
#include <deque>

#include "integrad/quant/kernels/fast.h"
#include "integrad/tensor/buffer.h"
#include "integrad/tensor/parallel.h"

namespace integrad::kernels::int8 {

namespace {

constexpr Index kSlack = 64;  // a vector may be read where only its first bytes count

Index row_bytes(const RowLayout& layout) {
  return (layout.blocks * layout.pixels * layout.pixel_bytes + kSlack - 1) / kSlack * kSlack;
}

/// The prepared rows that a window looks at, and one of zero points for those outside the image.
class PreparedRows {
 public:
  PreparedRows(const Int8Kernels& kernels, const RowPass& pass)
      : kernels_(kernels),
        pass_(pass),
        extent_(integrad_window_extent(pass.window_y)),
        bytes_(row_bytes(pass.layout)),
        memory_(Buffer<std::uint8_t>::uninitialized(
            static_cast<std::size_t>((extent_ + 1) * bytes_ + kSlack))),
        rows_(static_cast<std::size_t>(pass.window_y.kernel)) {
    kernels.prepare_row(pass.layout, nullptr, slot(extent_));
  }

  /// The rows of a window that starts at row `start`, which does not decrease from call to call.
  /// row(y) gives the codes of each row in turn.
  template <class Row>
  const std::uint8_t* const* at(Index start, Row&& row) {
    const Index end = std::min<Index>(start + extent_, pass_.input.height);
    for (next_ = std::max(next_, start); next_ < end; ++next_)
      kernels_.prepare_row(pass_.layout, row(next_), slot(next_ % extent_));
    for (Index ky = 0; ky < pass_.window_y.kernel; ++ky) {
      const Index y = start + ky * pass_.window_y.dilation;
      const bool inside = y >= 0 && y < pass_.input.height;
      rows_[static_cast<std::size_t>(ky)] = slot(inside ? y % extent_ : extent_);
    }
    return rows_.data();
  }

  /// The row that is prepared next.
  Index next() const { return next_; }

 private:
  std::uint8_t* slot(Index i) { return memory_.data() + i * bytes_; }

  const Int8Kernels& kernels_;
  const RowPass& pass_;
  Index extent_, bytes_, next_ = 0;
  Buffer<std::uint8_t> memory_;
  std::vector<const std::uint8_t*> rows_;
};

/// Computes rows of a layer whose input is an image, or another layer's rows: of those it asks each
/// one once, in order.
class LayerRows {
 public:
  LayerRows(const Int8Kernels& kernels, const RowLayer& layer, const std::int8_t* image)
      : LayerRows(kernels, layer, image, nullptr) {}
  LayerRows(const Int8Kernels& kernels, const RowLayer& layer, LayerRows& before)
      : LayerRows(kernels, layer, nullptr, &before) {}

  void compute(Index y, std::int8_t* output) {
    const integrad_dims input = layer_.pass.input;
    const Index row_size = integrad_row_size(input);
    const std::uint8_t* const* window =
        rows_.at(integrad_window_start(static_cast<std::int32_t>(y), layer_.pass.window_y),
                 [&](Index row) -> const std::int8_t* {
                   if (before_ == nullptr) return image_ + row * row_size;
                   before_->compute(row, row_.data());
                   return row_.data();
                 });
    const bool known = before_ == nullptr && rows_.next() < input.height;
    layer_.kernel(window, known ? image_ + rows_.next() * row_size : nullptr, scratch_.data(),
                  output);
  }

 private:
  LayerRows(const Int8Kernels& kernels, const RowLayer& layer, const std::int8_t* image,
            LayerRows* before)
      : layer_(layer),
        image_(image),
        before_(before),
        rows_(kernels, layer.pass),
        scratch_(Buffer<std::uint8_t>::uninitialized(
            static_cast<std::size_t>(layer.pass.scratch_bytes))),
        row_(Buffer<std::int8_t>::uninitialized(static_cast<std::size_t>(
            before == nullptr ? 0 : integrad_row_size(layer.pass.input) + kSlack))) {}

  const RowLayer& layer_;
  const std::int8_t* image_;
  LayerRows* before_;
  PreparedRows rows_;
  Buffer<std::uint8_t> scratch_;
  Buffer<std::int8_t> row_;  // of the layer before
};

}  // namespace

bool affordable(const RowPass& pass) {
  // In double: the product of hostile extents may exceed 64 bits.
  const double row = static_cast<double>(pass.layout.blocks) *
                     static_cast<double>(pass.layout.pixels) *
                     static_cast<double>(pass.layout.pixel_bytes);
  const double rows = integrad_window_extent(pass.window_y) + 1;
  return row * rows + static_cast<double>(pass.scratch_bytes) <= double{1 << 26};
}

void run_rows(const std::vector<std::shared_ptr<const RowLayer>>& layers, Index batch,
              const std::int8_t* input, std::int8_t* output) {
  const Int8Kernels& kernels = *int8_kernels();
  const integrad_dims from = layers.front()->pass.input, to = layers.back()->pass.output;
  // Bands so high that the rows which two of them compute or prepare cost little.
  const Index highest = layers.size() > 1 ? 64 : 32;
  const Index band = std::clamp<Index>((to.height + 15) / 16, 4, highest);
  const Index bands = (to.height + band - 1) / band;
  const Index in_size = from.height * integrad_row_size(from), out_row = integrad_row_size(to);
  parallel_chunks(batch * bands, [&](Index chunk) {
    const Index n = chunk / bands, begin = chunk % bands * band;
    std::deque<LayerRows> rows;  // whose elements stay where they are
    rows.emplace_back(kernels, *layers.front(), input + n * in_size);
    for (std::size_t i = 1; i < layers.size(); ++i)
      rows.emplace_back(kernels, *layers[i], rows.back());
    for (Index oy = begin; oy < std::min<Index>(to.height, begin + band); ++oy)
      rows.back().compute(oy, output + (n * to.height + oy) * out_row);
  });
}

}  // namespace integrad::kernels::int8
